import assert from 'node:assert/strict';
import { NEXTFLOW_VARIANTS, type Secrets, Sandboxes } from '../fixtures/nextflow-sandbox.ts';

// Every way in which a pipeline uses a secret gets the same from a launch as from plain Nextflow with all values
// in the person's own store.

/** Where the values are. Each name has a value of its own in each scope. */
const SCOPES: Readonly<Record<'user' | 'workspace' | 'own', Secrets>> = {
  user: { IN_CONFIG: 'fake-user-1', OPTIONAL: 'fake-user-2' },
  workspace: { IN_CONFIG: 'fake-workspace-1', IN_SCRIPT: 'fake-workspace-2', BY_CONFIG: 'fake-workspace-3' },
  own: { OPTIONAL: 'fake-own-1', BY_CONFIG: 'fake-own-2', OWN: 'fake "own"', OWN_IN_SCRIPT: 'fake\nown' },
};
/** What a pipeline gets: the value of the first scope that has the name. */
const WINNING: Secrets = { ...SCOPES.own, ...SCOPES.workspace, ...SCOPES.user };

/** A way to use secrets. */
interface Use {
  readonly title: string;
  /** Titles of the variants that cannot do it. */
  readonly unknownTo: readonly string[];
  readonly config?: string;
  readonly process?: string;
  readonly workflow: string;
  /** What the pipeline prints. */
  readonly prints: readonly string[];
}

const USES: readonly Use[] = [
  {
    title: "a config's directive",
    unknownTo: [],
    config: "process { withName: 'CONFIGURED' { secret = ['BY_CONFIG', 'OWN'] } }",
    process: `
process CONFIGURED {
  output:
  stdout

  script:
  '''
  echo "got $BY_CONFIG and $OWN"
  '''
}
`,
    workflow: 'CONFIGURED()\n  CONFIGURED.out.view()',
    // Nextflow itself loses the quotes of what is in its store.
    prints: ['got fake-workspace-3 and fake own'],
  },
  {
    title: 'a property in a config',
    // Its config has no `secrets` but in closures.
    unknownTo: ['Nextflow 25.04.4 with the strict parser'],
    config: 'mine.key = secrets.IN_CONFIG',
    workflow: 'println "got ${workflow.session.config.mine.key}"',
    prints: ['got fake-user-1'],
  },
  {
    title: 'a property in a script',
    // Only its configs have `secrets`.
    unknownTo: ['Nextflow 22.10.7'],
    workflow: 'println "got ${secrets.IN_SCRIPT}"\n  println "got ${secrets.OWN_IN_SCRIPT.length()}"',
    prints: ['got fake-workspace-2', 'got 8'],
  },
  {
    title: 'an optional directive',
    unknownTo: ['Nextflow 22.10.7'],
    process: `
process OPTIONAL {
  secret secrets.OPTIONAL ? 'OPTIONAL' : ''
  secret secrets.NOT_SET ? 'NOT_SET' : ''

  output:
  stdout

  script:
  '''
  echo "got $OPTIONAL and \${NOT_SET-nothing}"
  '''
}
`,
    workflow: 'OPTIONAL()\n  OPTIONAL.out.view()',
    prints: ['got fake-user-2 and nothing'],
  },
];

/** Files of the workspace for a pipeline that does all this. */
function pipeline(uses: readonly Use[]): Readonly<Record<string, string>> {
  return {
    'main.nf': `${uses.map(({ process = '' }) => process).join('')}
workflow {
  ${uses.map(({ workflow }) => workflow).join('\n  ')}
}
`,
    'nextflow.config': uses.map(({ config = '' }) => `${config}\n`).join(''),
  };
}

const titles = (uses: readonly Use[]): string => uses.map(({ title }) => title).join(', ');

for (const variant of NEXTFLOW_VARIANTS) {
  describe(`what refers to secrets, ${variant.title} @nextflow`, () => {
    const sandboxes = new Sandboxes();
    afterEach(() => {
      sandboxes.removeAll();
    });

    /** Runs the same pipeline by a launch and by plain Nextflow. */
    async function runBoth(uses: readonly Use[]): Promise<{ exitCode: number | null; prints: string[] }[]> {
      const [launch, plain] = [await sandboxes.create(variant), await sandboxes.create(variant)];
      for (const sandbox of [launch, plain]) {
        for (const [name, text] of Object.entries(pipeline(uses))) sandbox.write(name, text);
      }
      await launch.fillVault('user', SCOPES.user);
      await launch.fillVault('workspace', SCOPES.workspace);
      launch.fillNextflowStore(SCOPES.own);
      plain.fillNextflowStore(WINNING);
      const results = await Promise.all([launch.launch(['main.nf']), plain.nextflow(['run', 'main.nf'])]);
      return results.map(({ exitCode, stdout }) => ({
        exitCode,
        prints: stdout
          .toString()
          .split('\n')
          .filter((line) => line.startsWith('got '))
          .sort(),
      }));
    }

    const known = USES.filter(({ unknownTo }) => !unknownTo.includes(variant.title));
    it(`gets the value of the highest scope: ${titles(known)}`, async () => {
      const expected = { exitCode: 0, prints: known.flatMap(({ prints }) => prints).sort() };
      assert.deepEqual(await runBoth(known), [expected, expected]);
    });

    const unknown = USES.filter((use) => !known.includes(use));
    if (unknown.length > 0) {
      it(`ends as plain Nextflow does, which does not know: ${titles(unknown)}`, async () => {
        const expected = { exitCode: 1, prints: [] };
        assert.deepEqual(await runBoth(unknown), [expected, expected]);
      });
    }
  });
}
