import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { StandIn } from '../fixtures/stand-in.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// Whatever has a name can have one with ends of lines, escapes and bidirectional controls in it. Where such a name is
// shown, it makes no line of its own: it could say anything in our name.

/** What a forged line would begin with. */
const FORGED = 'nf-secrets: FORGED';
const EVIL = `x\n${FORGED}\r${FORGED}\u2028${FORGED}\u0085\u001b[31m\u001b]0;t\u0007\u202e${'y'.repeat(60)}`;
/** The same, where a `/` or quotes would end it. */
const QUOTED = EVIL.replace(/\n/g, '\\n').replace(/\r/g, '\\r');

describe('a name with ends of lines and escapes', function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  let nextflow: StandIn;
  let hostile: string;

  beforeEach(async () => {
    sandbox = new Sandbox();
    nextflow = new StandIn(sandbox);
    nextflow.letGo();
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
    hostile = join(sandbox.workspace, EVIL);
    mkdirSync(hostile);
    execFileSync('git', ['init', '-q', sandbox.workspace]);
    mkdirSync(sandbox.nextflowHome, { recursive: true });
    mkdirSync(join(sandbox.nextflowHome, 'secrets'));
    const store = join(sandbox.nextflowHome, 'secrets', 'store.json');
    writeFileSync(store, JSON.stringify([{ name: EVIL, value: 'fake' }]), { mode: 0o600 });
    const code = `include { A } from './${QUOTED}'
include { B } from './\${params.z}/${QUOTED}'
process P { secret '${QUOTED}'
  secret 'NOT_SET'
  script: template '${QUOTED}' }
workflow { println secrets[params.x + '${QUOTED}']; P() }
`;
    for (const directory of [sandbox.workspace, hostile]) {
      writeFileSync(join(directory, 'main.nf'), code);
      writeFileSync(join(directory, `${EVIL}.nf`), code);
      writeFileSync(
        join(directory, 'nextflow.config'),
        `process { withName: '${QUOTED}' { secret = ['NOT_SET', '${QUOTED}'] } }
process.executor = '${QUOTED}'
includeConfig '${QUOTED}'
profiles { '${QUOTED}' { process.secret = ['NOT_SET'] } }
docker.runOptions = "-e $secrets.TOKEN ${QUOTED}"
`,
      );
    }
    writeFileSync(join(sandbox.workspace, 'names.json'), JSON.stringify({ [EVIL]: 'fake' }));
    writeFileSync(join(sandbox.workspace, 'names.env'), `${EVIL}=fake\n`);
    const slurm = join(sandbox.root, 'slurm');
    mkdirSync(slurm);
    writeFileSync(join(slurm, 'squeue'), `#!/bin/sh\nprintf '77 PENDING /a\\033[31m${FORGED}\\n'\n`, {
      mode: 0o755,
    });
    sandbox.env['PATH'] = [slurm, sandbox.env['PATH']].join(delimiter);
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('makes no line of its own in anything that is printed, and is exact in --json', async () => {
    await sandbox.ok(['set', 'OWN', '--description', EVIL, '--scope', 'workspace'], { input: 'fake' });
    const inHostile = { cwd: hostile };
    const commands: [string[], { cwd?: string; env?: Record<string, string> }?][] = [
      [['list']],
      [['list', '--scope', EVIL]],
      [['get', EVIL]],
      [['get', 'OWN', '--scope', EVIL]],
      [['set', EVIL]],
      [['set', 'A', '--from-env', EVIL]],
      [['set', 'A', '--from-file', EVIL]],
      [['set', 'A', '--description', EVIL, '--generate']],
      [['delete', EVIL, '--yes']],
      [['rename', 'OWN', EVIL]],
      [['rename', EVIL, 'OWN']],
      [['copy', EVIL, '--to', 'user']],
      [['move', 'OWN', '--to', EVIL]],
      [['import', 'names.json']],
      [['import', 'names.env']],
      [['import', EVIL]],
      [['import', 'nextflow', '--dry-run']],
      [['export', '--names']],
      [['scan']],
      [['scan', EVIL]],
      [['scan', `${EVIL}.nf`]],
      [['scan', `${EVIL}-not-there`]],
      [['launch', '--dry-run', 'main.nf']],
      [['launch', 'main.nf', '-profile', EVIL]],
      [['launch', '--allow-missing', 'main.nf', '-profile', EVIL, '--x', EVIL]],
      [['launch', '--allow-missing', EVIL]],
      [['launch', '--allow-missing', `${EVIL}-not-there`]],
      [['launch', '--dry-run', 'mallory/pipeline', '-r', EVIL]],
      [['launch', '--dry-run', `https://${EVIL}`]],
      [['launch', '--secret', EVIL, 'main.nf']],
      [['launch', '--only', EVIL, 'main.nf']],
      [['launch', '--grant', EVIL, 'main.nf']],
      [['launch', '--target', EVIL, 'main.nf']],
      [['launch', '--nextflow', EVIL, 'main.nf']],
      [['launch', '--run-root', EVIL, 'main.nf']],
      [['launch', '--workspace', EVIL, 'main.nf', '-params-file', EVIL, '-c', EVIL]],
      [['launch', 'main.nf', '-entry', EVIL, '-c', EVIL]],
      [['exec', '--secret', EVIL, '--', 'true']],
      [['exec', '--', EVIL]],
      [['runs', EVIL]],
      [['sweep', '--run', EVIL]],
      [['logs', EVIL]],
      [['wait', EVIL]],
      [['stop', EVIL]],
      [['grant', 'list']],
      [['grant', 'remove', EVIL, EVIL]],
      [['identity', 'backup', EVIL]],
      [['member', 'list']],
      [[EVIL]],
      [[`--${EVIL}`]],
      [['aws', 'policy', EVIL]],
      [['completion', EVIL]],
      // The current directory, the tool's home and Nextflow's can be called so too.
      [['set', 'HERE', '--scope', 'workspace', '--generate'], inHostile],
      [['list'], inHostile],
      [['scan'], inHostile],
      [['launch', 'main.nf'], inHostile],
      [['exec', '--', 'true'], inHostile],
      [['list'], { env: { NF_SECRETS_HOME: join(sandbox.root, EVIL) } }],
      [['set', 'A', '--generate'], { env: { NF_SECRETS_HOME: join(sandbox.root, EVIL) } }],
      [['launch', '--allow-missing', 'main.nf'], { env: { NXF_HOME: join(sandbox.root, EVIL) } }],
      [['exec', '--', 'true'], { env: { NF_SECRETS_RUN_ROOT: join(sandbox.root, EVIL) } }],
      [['list'], { env: { NF_SECRETS_WORKSPACE: join(sandbox.root, EVIL) } }],
      [
        ['set', 'A', '--generate'],
        { env: { SOPS_AGE_KEY_FILE: join(sandbox.root, EVIL), NF_SECRETS_HOME: join(sandbox.root, 'new') } },
      ],
    ];
    const wrong: string[] = [];
    for (const [args, options] of commands) {
      const { stdout, stderr, exitCode } = await sandbox.nfSecrets(args, options);
      const shown = String(stdout) + stderr;
      const plain = !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(
        shown,
      );
      const isForged = shown.split('\n').some((line) => line.startsWith(FORGED));
      const isBug = exitCode === 70 || /internal|problem\.log/.test(stderr);
      if (isForged || !plain || isBug)
        wrong.push(`${exitCode} ${JSON.stringify(args).slice(0, 60)}: ${JSON.stringify(shown)}`);
    }
    assert.deepEqual(wrong, []);
    const list = JSON.parse(String(await sandbox.ok(['list', '--json']))) as {
      name: string;
      scope: string;
    }[];
    assert.deepEqual(
      list.filter(({ scope }) => scope === 'nextflow').map(({ name }) => name),
      [EVIL],
    );
    const scan = JSON.parse(String((await sandbox.nfSecrets(['scan', '--json'])).stdout)) as {
      references: { name: string; file: string }[];
    };
    assert.ok(scan.references.some(({ file }) => file === `${EVIL}.nf`));
    assert.ok(scan.references.some(({ name }) => name.startsWith(`x\n${FORGED}\r`)));
  });
});
