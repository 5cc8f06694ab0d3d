import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AgeKey, newAgeKey, readableBy } from '../fixtures/forged-vault.ts';
import { copyOf, killAtEachStep } from '../fixtures/killed-at-each-step.ts';
import { workspaceVaultFile } from '../fixtures/places.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { valuesOf } from '../fixtures/vault-values.ts';

const OLD = 'fake-old '.repeat(500);
const NEW = 'fake-new '.repeat(500);

interface Scenario {
  readonly title: string;
  /** True if there is a roster, with Bob, before. */
  readonly hasRoster: boolean;
  readonly args: (keys: Keys) => readonly string[];
  /** Roles of the members if the change is not made, and if it is; undefined without a roster. */
  readonly before: Readonly<Record<string, string>> | undefined;
  readonly after: Readonly<Record<string, string>>;
}

interface Keys {
  readonly bob: AgeKey;
  readonly eve: AgeKey;
}

const OWN = { 'own/one': 'owner' };
const BOTH = { ...OWN, 'bob/one': 'launch' };

const SCENARIOS: readonly Scenario[] = [
  {
    title: 'changes a secret',
    hasRoster: true,
    args: () => ['set', 'FAKE_A', '--scope', 'workspace'],
    before: BOTH,
    after: BOTH,
  },
  {
    title: 'makes the first roster',
    hasRoster: false,
    args: ({ bob }) => [
      'member',
      'add',
      bob.recipient,
      '--label',
      'bob/one',
      '--own-label',
      'own/one',
      '--yes',
    ],
    before: undefined,
    after: BOTH,
  },
  {
    title: 'adds a member',
    hasRoster: true,
    args: ({ eve }) => ['member', 'add', eve.recipient, '--label', 'eve/one', '--yes'],
    before: BOTH,
    after: { ...BOTH, 'eve/one': 'launch' },
  },
  {
    title: 'removes a member',
    hasRoster: true,
    args: () => ['member', 'remove', 'bob', '--yes'],
    before: BOTH,
    after: OWN,
  },
];

describe('a writer of a workspace with a roster that is killed', () => {
  for (const scenario of SCENARIOS) {
    it(`before any step, or within a write, while it ${scenario.title}`, async () => {
      const keys = { bob: await newAgeKey(), eve: await newAgeKey() };
      const args = scenario.args(keys);
      const template = await prepared(scenario, keys);
      try {
        await killAtEachStep({
          args,
          input: NEW,
          make: () => acceptedCopyOf(template),
          check: async (sandbox, at) => assertWhole(scenario, keys, sandbox, at),
        });
      } finally {
        template.remove();
      }
    });
  }
});

async function prepared({ hasRoster }: Scenario, { bob }: Keys): Promise<Sandbox> {
  const sandbox = new Sandbox();
  await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: OLD });
  await sandbox.ok(['set', 'FAKE_KEPT', '--scope', 'workspace'], { input: 'fake-kept' });
  const labels = ['--label', 'bob/one', '--own-label', 'own/one', '--yes'];
  if (hasRoster) await sandbox.ok(['member', 'add', bob.recipient, ...labels]);
  return sandbox;
}

/** A sandbox with the same files, in which the workspace is accepted too. */
function acceptedCopyOf(template: Sandbox): Sandbox {
  const sandbox = copyOf(template);
  const accepted = join(sandbox.toolHome, 'workspaces.json');
  writeFileSync(accepted, readFileSync(accepted, 'utf8').replaceAll(template.workspace, sandbox.workspace));
  return sandbox;
}

/** The change is made as a whole or not at all, nothing is refused, and the next writer leaves nothing. */
async function assertWhole(
  { before, after, args }: Scenario,
  keys: Keys,
  sandbox: Sandbox,
  at: string,
): Promise<void> {
  const vault = workspaceVaultFile(sandbox);
  const values = await valuesOf('workspace', sandbox);
  assert.ok([OLD, NEW].includes(values.get('FAKE_A') ?? ''), `${at}: FAKE_A`);
  assert.equal(values.get('FAKE_KEPT'), 'fake-kept', at);
  const roles = await rolesIn(sandbox);
  const isMade = same(roles, after);
  assert.ok(isMade || same(roles, before), `${at}: ${JSON.stringify(roles)}`);
  // The data key and the roster change together.
  const ofBob = await readableBy({ age: [keys.bob] }, vault);
  assert.equal(ofBob.length > 0, roles !== undefined && 'bob/one' in roles, `${at}: what Bob reads`);

  if (!isMade) await sandbox.ok(args(keys), { input: NEW });
  assert.deepEqual(await rolesIn(sandbox), after, at);
  await sandbox.ok(['set', 'FAKE_NEXT', '--scope', 'workspace'], { input: 'fake-next' });
  await sandbox.ok(['member', 'verify']);
  assert.equal((await valuesOf('workspace', sandbox)).get('FAKE_NEXT'), 'fake-next', at);
  const files = readdirSync(dirname(vault)).sort();
  assert.deepEqual(files, FILES, `stays behind after a ${at}`);
}

const same = (one: object | undefined, other: object | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

async function rolesIn(sandbox: Sandbox): Promise<Record<string, string> | undefined> {
  const rows = JSON.parse(String(await sandbox.ok(['member', 'list', '--json']))) as {
    label: string;
    role?: string | null;
  }[];
  if (rows.some(({ role }) => role == null)) return undefined;
  return Object.fromEntries(rows.map(({ label, role }) => [label, role ?? '']));
}

const FILES = [
  '.gitattributes',
  '.gitignore',
  'members.json',
  'workspace.sops.json',
  'workspace.sops.json.sig',
];
