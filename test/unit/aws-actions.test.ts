import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicyRole } from '../../src/core/aws/policy/roles.ts';
import { rolePermissions } from '../../src/core/aws/policy/role-permissions.ts';

/** What IAM calls the services that clients are for. */
const SERVICES: Readonly<Record<string, string>> = {
  batch: 'batch',
  iam: 'iam',
  kms: 'kms',
  'secrets-manager': 'secretsmanager',
  sts: 'sts',
};

/** The store of a workspace in AWS, which has roles of its own: docs/aws-workspace.md. */
const WORKSPACE = 'core/stores/aws/';
/** Trials of its roles, on secrets that are not there. */
const TRIALS = 'core/targets/aws-batch/check/workspace-probes.ts';
/** Keys of vaults, which need no launcher: docs/teams.md. */
const KMS = 'core/aws/kms.ts';

/** Actions of all requests that these sources can make: commands and paginators that they import from the SDK. */
function actionsInCode(isOurs: (name: string) => boolean): Set<string> {
  const core = join(import.meta.dirname, '../../src');
  const actions = new Set<string>();
  for (const name of readdirSync(core, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || !isOurs(name)) continue;
    const source = readFileSync(join(core, name), 'utf8');
    for (const [, names = '', client = ''] of source.matchAll(
      /import \{([^}]*)\} from '@aws-sdk\/client-([a-z-]+)'/g,
    )) {
      const service = SERVICES[client];
      assert.ok(service !== undefined, `${name}: ${client}`);
      for (const word of names.split(',').map((one) => one.trim())) {
        const action = /^(?:paginate(\w+)|(\w+)Command)$/.exec(word);
        if (action !== null) actions.add(`${service}:${action[1] ?? action[2] ?? ''}`);
      }
    }
  }
  return actions;
}

describe('The actions that nf-secrets does in AWS', () => {
  const used = actionsInCode((name) => !name.startsWith(WORKSPACE) && ![KMS, TRIALS].includes(name));
  const [launcher] = rolePermissions({
    ...{ partition: 'aws', account: '123456789012', region: 'eu-west-1', prefix: 'tower-' },
    ...{ executionRole: 'execution', jobRole: 'job', headRole: 'custom' },
    kmsKey: 'arn:aws:kms:eu-west-1:123456789012:key/a',
  });
  const written = new Set(launcher?.statements.flatMap(({ actions }) => actions));

  /** What is asked for where it happens to be allowed, and never needed. */
  const NOT_NEEDED: Readonly<Record<string, string>> = {
    'sts:GetCallerIdentity': 'everybody may do it',
    'secretsmanager:GetSecretValue': 'aws check says who could read secrets of runs without need',
    'iam:ListRoles': 'aws check suggests the right name of a role',
  };

  /** What AWS asks for because of another request. */
  const ON_BEHALF: Readonly<Record<string, string>> = {
    'iam:PassRole': 'batch:RegisterJobDefinition names the roles of tasks',
    'kms:GenerateDataKey': 'secretsmanager:CreateSecret encrypts',
    'kms:Decrypt': 'the same',
  };

  it('are all in the launcher’s policy, but for those that are not needed', () => {
    const lacking = [...used].filter((action) => !written.has(action) && !(action in NOT_NEEDED));
    assert.deepEqual(lacking, []);
    assert.deepEqual(
      Object.keys(NOT_NEEDED).filter((action) => !used.has(action)),
      [],
    );
  });

  it('are all that is in the launcher’s policy, but for what AWS does on behalf of them', () => {
    const superfluous = [...written].filter((action) => !used.has(action) && !(action in ON_BEHALF));
    assert.deepEqual(superfluous, []);
  });

  describe('in a workspace in AWS', () => {
    const roles = new Map(
      rolePermissions({
        ...{ partition: 'aws', account: '123456789012', region: 'eu-west-1', prefix: 'tower-' },
        ...{ executionRole: 'execution', jobRole: 'job', headRole: 'custom' },
        kmsKey: 'arn:aws:kms:eu-west-1:123456789012:key/a',
        workspace: { region: 'eu-west-1', prefix: 'nf-secrets/lab', names: new Map() },
      }).map(({ role, statements }) => [role, new Set(statements.flatMap(({ actions }) => actions))]),
    );
    const of = (role: PolicyRole): ReadonlySet<string> => roles.get(role) ?? new Set();
    const file = (name: string): Set<string> => actionsInCode((one) => one === `${WORKSPACE}${name}`);
    const store = actionsInCode((name) => name.startsWith(WORKSPACE));

    /** What no command does: an owner does it with the tools of AWS. */
    const WITH_AWS = ['Get', 'Put', 'Delete'].map((verb) => `secretsmanager:${verb}ResourcePolicy`);

    it('are all in the owner’s policy, and nothing else is but for what decides who may', () => {
      assert.deepEqual(
        [...of('owner')].filter((action) => !(action in ON_BEHALF)).sort(),
        [...store, ...WITH_AWS].sort(),
      );
    });

    // The files of the store that each role comes to, and no other action of the store.
    const COMES_TO: [PolicyRole, string[]][] = [
      ['list', ['listing.ts', 'past.ts']],
      ['launch-local', ['listing.ts', 'past.ts', 'values.ts', 'references.ts']],
      ['maintain', ['listing.ts', 'past.ts', 'changes.ts']],
    ];
    for (const [role, files] of COMES_TO) {
      it(`are in the policy of ${role}, as far as that role comes to them, and nothing else is`, () => {
        const reached = new Set(files.flatMap((name) => [...file(name)]));
        if (role !== 'maintain') reached.delete('secretsmanager:UpdateSecretVersionStage');
        assert.deepEqual(
          [...of(role)].filter((action) => !(action in ON_BEHALF)).sort(),
          [...reached].sort(),
        );
      });
    }

    it('are in the policy of launch as far as a launch on AWS Batch comes to them, and no value is read', () => {
      assert.deepEqual([...of('launch')].sort(), [...new Set([...of('list'), ...written])].sort());
    });

    it('are tried for each role without making anything', () => {
      const tried = actionsInCode((name) => name === TRIALS);
      const untried = [...of('owner')].filter((action) => !tried.has(action) && !(action in ON_BEHALF));
      assert.deepEqual(untried, ['secretsmanager:ListSecrets', 'secretsmanager:CreateSecret']);
      assert.deepEqual(
        [...tried].filter((action) => !of('owner').has(action)),
        [],
      );
    });
  });

  it('are all in the docs of a workspace in AWS, as far as that does them', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/aws-workspace.md'), 'utf8');
    const named = new Set(
      [...docs.matchAll(/`([A-Z][a-z]+[A-Za-z]*)`/g)].map(([, word]) => `secretsmanager:${word ?? ''}`),
    );
    const inCode = actionsInCode((name) => name.startsWith(WORKSPACE));
    assert.deepEqual([...named].sort(), [...inCode].sort());
  });
});
