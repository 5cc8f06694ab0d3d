import assert from 'node:assert/strict';
import { generatedConfig } from '../../src/core/targets/aws-batch/batch-run.ts';
import { readPreview } from '../../src/core/nextflow/preview-answer.ts';
import { previewArguments, withLastConfig } from '../../src/core/nextflow/preview-arguments.ts';

describe('a preview of a run', () => {
  const cases: [string, string][] = [
    ['run main.nf', 'run -preview -ansi-log false main.nf -c C'],
    ['run main.nf -resume last --x 1', 'run -preview -ansi-log false main.nf -resume last --x 1 -c C'],
    [
      'run main.nf -with-report -with-trace t.txt -profile a',
      'run -preview -ansi-log false main.nf -profile a -c C',
    ],
    ['-log l -q run main.nf -name n -c mine', 'run -preview -ansi-log false main.nf -c mine -c C'],
    ['-C only run main.nf', '-C only -C C run -preview -ansi-log false main.nf'],
    ['run main.nf -- -resume', 'run -preview -ansi-log false main.nf -c C -- -resume'],
  ];
  for (const [line, expected] of cases) {
    it(`has the arguments of: ${line}`, () => {
      const words = previewArguments({ args: line.split(' '), pipeline: 'main.nf' }, 'LOG', 'C');
      assert.equal(words.join(' '), `-q -log LOG ${expected}`);
    });
  }

  it('and the run itself get the last word among configs', () => {
    assert.deepEqual(withLastConfig(['run', 'x', '-c', 'a'], 'o'), ['run', 'x', '-c', 'a', '-c', 'o']);
    assert.deepEqual(withLastConfig(['-C', 'a', 'run', 'x'], 'o'), ['-C', 'a', '-C', 'o', 'run', 'x']);
    assert.deepEqual(withLastConfig(['run', 'x', '--', 'y'], 'o'), ['run', 'x', '-c', 'o', '--', 'y']);
  });

  it('is not believed if the workflow did not succeed, or if it is not known where a process runs', () => {
    const answer = { success: true, session: '0e5ce3b9-4b0e-4b4c-9b5f-3f0a5b0a6c11', processes: null };
    assert.deepEqual(readPreview(answer).processes, []);
    for (const success of [false, null, undefined, 'true'])
      assert.throws(() => readPreview({ ...answer, success }), /did not succeed/);
    const cells = {
      ...{ names: ['A'], containers: [null], images: [null], secrets: [[]], options: [{}], queues: [[]] },
      ...{ executors: ['awsbatch'], disks: [null], archs: [null] },
    };
    const one = (changed: object): unknown =>
      readPreview({ ...answer, processes: { ...cells, ...changed } }).processes[0];
    assert.throws(() => one({ executors: [{ failed: 'X' }] }), /no executor/);
    const failed = { failed: 'MissingPropertyException' };
    const { disk, arch, queues } = one({ disks: [failed], archs: [failed], queues: [failed] }) as {
      disk: unknown;
      arch: unknown;
      queues: unknown;
    };
    assert.deepEqual([disk, arch, queues], [failed, failed, failed]);
    const archs = ['linux/arm64', 'linux/x86_64', 'arm64', 'linux/arm64,linux/x86_64'].map(
      (text) => (one({ archs: [text] }) as { arch: unknown }).arch,
    );
    assert.deepEqual(archs, ['arm64', 'x86_64', 'arm64', { failed: 'several architectures' }]);
  });

  describe('is not believed where a cell is no answer:', () => {
    const answer = {
      ...{ success: true, session: '0e5ce3b9-4b0e-4b4c-9b5f-3f0a5b0a6c11', wave: false, fusion: false },
      processes: {
        ...{ names: ['A', 'B'], containers: ['a', 'b'], images: ['a', 'b'], secrets: [['T'], []] },
        ...{ options: [{}, {}], queues: [['q'], []], executors: ['awsbatch', 'local'] },
        ...{ disks: [1, null], archs: ['arm64', null] },
      },
    };
    it('this one is', () => {
      assert.equal(readPreview(answer).processes.length, 2);
    });
    const wrong: [string, object][] = [
      ['a text for a disk', { disks: ['70 GB', null] }],
      ['a list for a container', { containers: [['a'], 'b'] }],
      ['a number for an image', { images: [1, 'b'] }],
      ['an object for an arch', { archs: [{ name: 'arm64' }, null] }],
      ['a text for secrets', { secrets: ['T', []] }],
      ['an object among secrets', { secrets: [[{ failed: 'X' }], []] }],
      ['nothing among containers', { containers: ['a'] }],
      ['one disk too many', { disks: [1, 2, 3] }],
      ['a failed executor', { executors: [{ failed: 'X' }, 'local'] }],
      ['no option', { options: [null, {}] }],
    ];
    for (const [what, changed] of wrong) {
      it(what, () => {
        assert.throws(() => readPreview({ ...answer, processes: { ...answer.processes, ...changed } }));
      });
    }
    it('no processes, without Wave and Fusion', () => {
      assert.throws(() => readPreview({ ...answer, processes: null }), /no processes/);
      assert.deepEqual(readPreview({ ...answer, wave: true, processes: null }).processes, []);
    });
  });

  for (const answer of [null, [], 'x', { processes: { names: ['A'] } }, { processes: { names: 'A' } }]) {
    it(`is not believed if it is ${JSON.stringify(answer)}`, () => {
      assert.throws(() => readPreview(answer));
    });
  }
});

describe('the config of a run in AWS Batch', () => {
  const process_ = (name: string, container: string | null | { failed: string }) => ({
    name,
    executor: 'awsbatch',
    container,
    image: container,
    secrets: [],
    containerOptions: {},
    disk: null,
    arch: null,
    queues: [],
  });

  it('names those processes alone that have a definition', () => {
    const processes = [process_('W:A', 'a:1'), process_('W:B', "b:'1'")];
    assert.equal(
      generatedConfig({ processes }, new Map([['W:A', 'D']]))
        .match(/withName.*/g)
        ?.join(),
      "withName: '(?:W:A)' { container = 'job-definition://D' }",
    );
  });

  it('gives the others their own container where a key without workflow would match them', () => {
    const processes = [process_('A', 'a:1'), process_('W:A', "b:'1'"), process_('W:C', null)];
    assert.deepEqual(generatedConfig({ processes }, new Map([['A', 'D']])).match(/withName.*/g), [
      "withName: '(?:A)' { container = 'job-definition://D' }",
      "withName: '(?:W:A)' { container = 'b:\\'1\\'' }",
      "withName: '(?:W:C)' { container = null }",
    ]);
    const unknown = [process_('A', 'a:1'), process_('W:A', { failed: 'X' })];
    assert.throws(
      () => generatedConfig({ processes: unknown }, new Map([['A', 'D']])),
      /depends on the task, and the name of another process/,
    );
  });
});
