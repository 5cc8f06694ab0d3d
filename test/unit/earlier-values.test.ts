import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import type { SecretHistory, WritableStore } from '../../src/core/secrets/writable-store.ts';
import { writableVault } from '../../src/core/stores/writable-vault.ts';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';
import { ensureIdentities } from '../../src/core/vault/identity.ts';
import { updateVault } from '../../src/core/vault/update-vault.ts';
import { userVault } from '../../src/core/vault/vault-location.ts';
import { ALL_TESTS } from '../fixtures/all-tests.ts';
import { fakeWorld } from '../fixtures/world.ts';

const NAMES = ['FAKE_A', 'FAKE_B', 'constructor'] as const;
type Name = (typeof NAMES)[number];

/** A value and what is beside it. */
interface Version {
  readonly value: string;
  readonly description: string | null;
  readonly expires: string | null;
}

/** What a secret should be: earlier values from the newest on. */
interface Modelled {
  now: Version | undefined;
  /** Day of the deletion, counted from the first. */
  deleted: number;
  before: { version: Version; day: number }[];
}

type Step =
  | { readonly do: 'set'; readonly name: Name; readonly version: Version }
  | { readonly do: 'import'; readonly versions: readonly (readonly [Name, string])[] }
  | { readonly do: 'describe'; readonly name: Name; readonly description: string }
  | { readonly do: 'delete' | 'forget'; readonly name: Name }
  | { readonly do: 'restore'; readonly name: Name }
  | { readonly do: 'undo'; readonly name: Name; readonly to: number | undefined }
  | { readonly do: 'rename'; readonly from: Name; readonly to: Name }
  | { readonly do: 'wait'; readonly days: number }
  | { readonly do: 'rotate' };

const name = fc.constantFrom(...NAMES);
// Newlines, quotes, characters of several bytes, and one that fills what is kept alone.
const value = fc.constantFrom(
  'fake-1',
  'fake\n"2"',
  'fäké-3 🔑',
  '4',
  'true',
  'x'.repeat(40_000),
  'y'.repeat(40_000),
);
const day = fc.constantFrom(null, '2027-01-31', '2027-02-28');
const version = fc.record({ value, description: fc.constantFrom('', 'about'), expires: day });
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('set' as const), name, version }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      versions: fc.uniqueArray(fc.tuple(name, value), { selector: ([one]) => one, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('describe' as const), name, description: fc.constant('new') }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'restore' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), name }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('undo' as const),
      name,
      to: fc.constantFrom(undefined, undefined, 1, 2, 3, 4, 9),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rename' as const), from: name, to: name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(1, 29, 31) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const) }) },
);

/** The rules of docs/history.md, on plain data. */
class Model {
  readonly secrets = new Map<Name, Modelled>();
  today = 0;
  /** False after a step that had nothing to write. */
  wrote = false;

  of(one: Name): Modelled {
    const known = this.secrets.get(one) ?? { now: undefined, deleted: 0, before: [] };
    this.secrets.set(one, known);
    return known;
  }

  /** What is over goes with the next write. */
  tidy(): void {
    for (const secret of this.secrets.values())
      if (secret.now === undefined && this.today > secret.deleted + 30) secret.before = [];
  }

  keep(secret: Modelled): void {
    if (secret.now !== undefined) secret.before.unshift({ version: secret.now, day: this.today });
    this.limit(secret);
  }

  limit(secret: Modelled): void {
    let bytes = 0;
    const end = secret.before.findIndex(({ version: { value: text } }, index) => {
      bytes += Buffer.byteLength(text);
      return index >= 3 || bytes > 65_536;
    });
    if (end >= 0) secret.before.splice(end);
  }

  /** @returns false if the step has to be refused. */
  apply(step: Step): boolean {
    this.wrote = step.do !== 'wait' && step.do !== 'import';
    if (step.do === 'wait') this.today += step.days;
    if (step.do === 'wait' || step.do === 'rotate') return true;
    if (step.do === 'import') {
      for (const [one, text] of step.versions) this.set(one, text, undefined, null);
      return true;
    }
    if (step.do === 'rename') return this.rename(step.from, step.to);
    const secret = this.of(step.name);
    if (step.do === 'set') {
      const { value: text, description, expires } = step.version;
      this.set(step.name, text, description, expires);
      return true;
    }
    if (step.do === 'forget') {
      const known = secret.now !== undefined || secret.before.length > 0;
      secret.before = [];
      return known;
    }
    if (step.do === 'undo') return this.undo(secret, step.to);
    if (secret.now === undefined) return false;
    if (step.do === 'describe') secret.now = { ...secret.now, description: step.description };
    if (step.do === 'delete') {
      this.keep(secret);
      secret.now = undefined;
      secret.deleted = this.today;
    }
    // Deleted and put back at once, as in the editor: only what did not fit any more is lost.
    if (step.do === 'restore') {
      const { now } = secret;
      this.keep(secret);
      secret.before.shift();
      secret.now = now;
    }
    return true;
  }

  set(one: Name, text: string, description: string | null | undefined, expires: string | null): void {
    const secret = this.of(one);
    const { now } = secret;
    const isNew = now?.value !== text;
    if (isNew) this.keep(secret);
    // An import of the same value changes nothing.
    if (!isNew && description === undefined) return;
    this.wrote = true;
    secret.now = {
      value: text,
      description: description === undefined ? (now?.description ?? null) : description || null,
      expires,
    };
  }

  undo(secret: Modelled, to: number | undefined): boolean {
    const first = secret.now === undefined ? 1 : 2;
    const [chosen] = secret.before.slice((to ?? first) - first);
    if (chosen === undefined || (to ?? first) < first) return false;
    secret.before = secret.before.filter((one) => one !== chosen);
    this.keep(secret);
    secret.now = chosen.version;
    return true;
  }

  rename(from: Name, to: Name): boolean {
    const [source, target] = [this.of(from), this.of(to)];
    if (from === to || source.now === undefined) return false;
    this.keep(target);
    target.before = [...target.before, ...source.before].sort((a, b) => b.day - a.day);
    this.limit(target);
    target.now = source.now;
    this.secrets.delete(from);
    return true;
  }
}

describe('the earlier values of a user vault', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('are those of a model, after any sequence of changes @slow', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 20 }), async (steps) => {
        const home = mkdtempSync(join(directory, 'home-'));
        const model = new Model();
        const world = fakeWorld({
          env: { NF_SECRETS_HOME: home },
          cwd: home,
          now: () => new Date(Date.parse('2026-01-01T00:00:00Z') + model.today * 86_400_000),
        });
        await ensureIdentities(world);
        const store = writableVault('user', home, world);
        for (const step of steps) {
          const isFine = model.apply(step);
          const outcome = await doStep(step, store, world).then(
            () => 'done',
            (error: unknown) => error,
          );
          if (outcome === 'done' ? !isFine : isFine || !isRefusal(outcome))
            assert.fail(`${JSON.stringify(step).slice(0, 200)}: ${String(outcome)}, expected ${isFine}`);
          // The file is as it was after a step that was refused.
          if (isFine && model.wrote) model.tidy();
          await compare(store, model);
        }
        const text = readFileSync(join(home, 'user.sops.json'), { encoding: 'utf8', flag: 'a+' });
        assert.doesNotMatch(text, /fake|x{20}|y{20}/);
      }),
      { numRuns: ALL_TESTS ? 400 : 40 },
    );
  });

  const isRefusal = (error: unknown): boolean =>
    error instanceof HumanError && [ExitCode.usage, ExitCode.missing].some((code) => code === error.exitCode);
});

async function doStep(step: Step, store: WritableStore, world: ReturnType<typeof fakeWorld>): Promise<void> {
  const { past } = store;
  assert.ok(past);
  switch (step.do) {
    case 'set': {
      const { value: text, description, expires } = step.version;
      await store.set(step.name, new SecretValue(text), { description: description ?? '', expires });
      break;
    }
    case 'import':
      await store.importAll(
        new Map(step.versions.map(([one, text]) => [one, { value: new SecretValue(text) }])),
        'overwrite',
      );
      break;
    case 'describe':
      await store.setDescription(step.name, step.description);
      break;
    case 'delete':
      await store.delete([step.name]);
      break;
    case 'restore':
      await (await store.delete([step.name])).undo();
      break;
    case 'forget':
      await past.forget([step.name]);
      break;
    case 'undo':
      await past.undo(step.name, step.to);
      break;
    case 'rename':
      if (step.from === step.to) throw new HumanError(ExitCode.usage, 'the same name');
      await store.rename({
        ...{ from: step.from, to: step.to },
        replaces: (await store.list()).get(step.to) ?? null,
      });
      break;
    case 'rotate':
      await updateVault(userVault(world), world, 'tester', (draft) => {
        draft.rotate();
      });
      break;
    case 'wait':
  }
}

/** Compares all that the store tells with the model. */
async function compare(store: WritableStore, model: Model): Promise<void> {
  const infos = await store.list();
  const { values } = await store.read();
  const { past } = store;
  assert.ok(past);
  const deleted = await past.deleted();
  for (const one of NAMES) {
    const { now, before, deleted: deletedOn } = model.of(one);
    const info = infos.get(one);
    const found =
      info === undefined
        ? undefined
        : { value: values.get(one)?.reveal(), description: info.description, expires: info.expires };
    assert.deepEqual(found, now, one);
    assert.equal(
      deleted.has(one),
      now === undefined && before.length > 0 && model.today <= deletedOn + 30,
      `${one} in the trash`,
    );
    const history: Pick<SecretHistory, 'versions'> = await past.history(one).catch((error: unknown) => {
      assert.ok(error instanceof HumanError && error.exitCode === ExitCode.missing);
      return { versions: [] };
    });
    const expected = [...(now === undefined ? [] : [now]), ...before.map(({ version: earlier }) => earlier)];
    assert.deepEqual(
      history.versions.map(({ bytes, expires }) => [bytes, expires]),
      expected.map(({ value: text, expires }) => [Buffer.byteLength(text), expires]),
    );
    assert.deepEqual(
      history.versions.map(({ isPrevious }) => isPrevious),
      expected.map((_, index) => index === (now === undefined ? 0 : 1)),
    );
  }
}
