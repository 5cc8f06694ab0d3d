import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileSystemType, isExported, nodeLocal } from '../../src/core/targets/local/node-local.ts';
import { fakeWorld } from '../fixtures/world.ts';

// As /proc/self/mountinfo of a login node has them.
const MOUNTS = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /tmp rw,nosuid shared:3 master:1 - tmpfs tmpfs rw,size=1g
31 22 0:40 / /home rw - nfs4 server:/home rw,vers=4.2
32 22 0:41 / /home/my\\040project rw - lustre mds@tcp:/fs rw
33 31 0:42 / /home/ann/scratch rw - xfs /dev/sdb1 rw
34 22 0:43 / /covered rw - xfs /dev/sdc1 rw
35 34 0:44 / /covered rw - fuse.sshfs server: rw
`;

const TYPES: readonly (readonly [string, string])[] = [
  ['/', 'ext4'],
  ['/var/lib', 'ext4'],
  ['/tmp', 'tmpfs'],
  ['/tmpfoo', 'ext4'],
  ['/tmp/runs', 'tmpfs'],
  ['/home/ann/.nextflow/secrets/runs', 'nfs4'],
  ['/home/my project/runs', 'lustre'],
  ['/home/ann/scratch/runs', 'xfs'],
  ['/home/ann/scratches', 'nfs4'],
  ['/covered/runs', 'fuse.sshfs'],
];

const EXPORTS = `# comment
/home 10.0.0.0/8(rw,sync) *(ro)
"/srv/my data" *(rw)
/with\\040space *(rw)
 /indented *(ro)
`;

describe('a directory and the nodes of a cluster', () => {
  for (const [directory, type] of TYPES) {
    it(`${directory} is on ${type}`, () => {
      assert.equal(fileSystemType(directory, MOUNTS), type);
    });
  }

  for (const [directory, exported] of [
    ['/home', true],
    ['/home/ann', true],
    ['/homes', false],
    ['/srv/my data/x', true],
    ['/with space/x', true],
    ['/indented', true],
    ['/', false],
    ['/comment', false],
  ] as const) {
    it(`${directory} is ${exported ? '' : 'not '}exported`, () => {
      assert.equal(isExported(directory, EXPORTS), exported);
    });
  }

  it('nothing is known where there are no mounts to read', async () => {
    assert.equal(fileSystemType('/tmp', ''), undefined);
    assert.equal(fileSystemType('/tmp', 'garbage - \n - \n1 2 3 - x'), undefined);
    assert.equal(await nodeLocal('/tmp', fakeWorld({ platform: 'darwin' })), undefined);
  });

  it('memory of this machine is of this machine', async () => {
    // Every Linux has it, in containers too.
    assert.equal(fileSystemType('/dev/shm', readFileSync('/proc/self/mountinfo', 'utf8')), 'tmpfs');
    assert.equal(
      String(await nodeLocal('/dev/shm', fakeWorld({ platform: 'linux' }))),
      'tmpfs, memory of this machine',
    );
  });
});
