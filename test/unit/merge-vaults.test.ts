import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { type JsonTree, object } from '../../src/core/system/json-tree.ts';
import type { Identity } from '../../src/core/vault/identity.ts';
import { buildMerge } from '../../src/core/vault/merge/build-merge.ts';
import type { Choices } from '../../src/core/vault/merge/merge-secrets.ts';
import { type MergePlan, planMerge } from '../../src/core/vault/merge/plan-merge.ts';
import type { SideName } from '../../src/core/vault/merge/three-way.ts';
import { SopsDocument } from '../../src/core/vault/sops-document.ts';
import { textLeaf } from '../../src/core/vault/sops-leaf.ts';
import { UnlockedDocument } from '../../src/core/vault/unlocked-document.ts';
import { KEYS, newVaultTree, secretPath } from '../../src/core/vault/vault-shape.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';

/** A secret as the plain model has it. */
interface Plain {
  readonly value: string;
  readonly description?: string | undefined;
  readonly expires?: string | undefined;
  /** A field that this version does not know. */
  readonly odd?: string | undefined;
  /** An older value in a tree that this version does not know. */
  readonly previous?: string | undefined;
}
type Model = ReadonlyMap<string, Plain>;

const NOW = '2026-02-03T04:05:06Z';
const PATH = '/fake/workspace.sops.json';

async function person(): Promise<Identity> {
  const key = await generateX25519Identity();
  return { key: new SecretValue(key), recipient: await identityToRecipient(key), source: 'fake' };
}
const memberOf = ({ recipient }: Identity, label = 'fake') => ({ recipient, label, since: NOW, by: 'fake' });

/** Writes a model into a vault; leaves that do not change keep their cipher text. */
function write(vault: UnlockedDocument, model: Model, before: Model, at: string): void {
  const { tree } = vault.document;
  const section = (key: string): Map<string, JsonTree> => {
    const found = tree.get(key) ?? new Map<string, JsonTree>();
    assert.ok(found instanceof Map);
    tree.set(key, found);
    return found;
  };
  const values = section(KEYS.secrets);
  const infos = section(KEYS.info);
  const previous = section('previous');
  for (const name of before.keys()) {
    if (model.has(name)) continue;
    for (const part of [values, infos, previous]) part.delete(name);
  }
  for (const [name, plain] of model) {
    const old = before.get(name);
    if (old?.value !== plain.value) values.set(name, vault.encrypt(textLeaf(plain.value), secretPath(name)));
    const fields = Object.entries({
      created: '2026-01-01T00:00:00Z',
      updated: JSON.stringify(old) === JSON.stringify(plain) ? undefined : at,
      updatedBy: 'fake',
      description: plain.description,
      expires: plain.expires,
      odd: plain.odd,
    }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const info = infos.get(name);
    infos.set(
      name,
      object({
        ...(info instanceof Map ? { updated: info.get('updated') ?? at } : {}),
        ...Object.fromEntries(fields),
      }),
    );
    if (plain.previous === undefined) previous.delete(name);
    else if (old?.previous !== plain.previous)
      previous.set(name, vault.encrypt(textLeaf(plain.previous), ['previous', name]));
  }
}

function read(vault: UnlockedDocument): Model {
  const { tree } = vault.document;
  const part = (key: string): Map<string, JsonTree> => {
    const found = tree.get(key);
    return found instanceof Map ? found : new Map<string, JsonTree>();
  };
  const text = (node: JsonTree | undefined, path: readonly string[]): string | undefined =>
    typeof node === 'string' ? vault.decrypt(node, path).bytes.toString() : undefined;
  return new Map(
    Array.from(part(KEYS.secrets), ([name, leaf]): [string, Plain] => {
      const info = part(KEYS.info).get(name);
      const field = (key: string): string | undefined => {
        const found = info instanceof Map ? info.get(key) : undefined;
        return typeof found === 'string' ? found : undefined;
      };
      return [
        name,
        {
          value: text(leaf, secretPath(name)) ?? '',
          description: field('description'),
          expires: field('expires'),
          odd: field('odd'),
          previous: text(part('previous').get(name), ['previous', name]),
        },
      ];
    }),
  );
}

/** The merge as a person would do it by hand, on plain maps. */
function mergeModels(
  base: Model,
  ours: Model,
  theirs: Model,
  choices: Choices,
): { merged: Map<string, Plain>; conflicts: Set<string> } {
  const merged = new Map<string, Plain>();
  const conflicts = new Set<string>();
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const [o, a, b] = [base.get(name), ours.get(name), theirs.get(name)];
    const choice = choices.get(name);
    if (a === undefined || b === undefined) {
      const kept = a ?? b;
      if (kept === undefined) continue;
      if (o === undefined) merged.set(name, kept);
      else if (!equal({ ...o, previous: '' }, { ...kept, previous: '' })) {
        if (choice === undefined) conflicts.add(name);
        else if ((choice === 'ours' ? a : b) !== undefined) merged.set(name, kept);
      }
      continue;
    }
    const field = (key: keyof Plain): string | undefined => {
      if (a[key] === b[key] || b[key] === o?.[key]) return a[key];
      if (a[key] === o?.[key]) return b[key];
      // An older value goes with the value.
      if (key === 'previous' && a.value !== b.value) {
        if (a.value === o?.value) return b.previous;
        if (b.value === o?.value) return a.previous;
      }
      if (choice === undefined) conflicts.add(name);
      return choice === 'theirs' ? b[key] : a[key];
    };
    merged.set(name, {
      value: field('value') ?? '',
      description: field('description'),
      expires: field('expires'),
      odd: field('odd'),
      previous: field('previous'),
    });
  }
  return { merged, conflicts };
}
const equal = (a: Plain, b: Plain): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (plain: Plain): unknown[] => [
  plain.value,
  plain.description,
  plain.expires,
  plain.odd,
  plain.previous,
];
const sortedModel = (model: Model): unknown =>
  [...model].map(([name, plain]) => [name, sorted(plain)]).sort();

const NAMES = ['FAKE_A', 'FAKE_B', 'FAKE_C', 'FAKE_D', 'FAKE_E', 'previous'];
const some = fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined });
const anyPlain: fc.Arbitrary<Plain> = fc.record({
  value: fc.constantFrom('fake-1', 'fake-2', 'True', '42', 'fake "ü"\n'),
  description: some,
  expires: some,
  odd: some,
  previous: some,
});
const anyModel = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), anyPlain), { maxLength: 6 })
  .map((all) => new Map(all));
/** Edits of a branch: null deletes, a part changes. */
const anyEdits = fc.array(
  fc.tuple(
    fc.constantFrom(...NAMES),
    fc.oneof(
      fc.constant(null),
      anyPlain,
      fc.record({ description: some }),
      fc.record({ value: fc.constantFrom('fake-3', 'fake-4') }),
    ),
  ),
  { maxLength: 5 },
);
function edited(base: Model, edits: readonly (readonly [string, Partial<Plain> | null])[]): Model {
  const model = new Map(base);
  for (const [name, edit] of edits) {
    if (edit === null) model.delete(name);
    else model.set(name, { value: 'fake-0', ...model.get(name), ...edit });
  }
  return model;
}

describe('a merge of vaults', () => {
  let me: Identity;
  let bob: Identity;
  let carol: Identity;

  before(async () => {
    [me, bob, carol] = [await person(), await person(), await person()];
  });

  const create = async (model: Model, members = [memberOf(me), memberOf(bob)]): Promise<Buffer> => {
    const vault = await UnlockedDocument.create(
      newVaultTree(members),
      members.map(({ recipient }) => recipient),
      PATH,
      me,
    );
    write(vault, model, new Map(), '2026-01-01T00:00:00Z');
    return vault.serialize('2026-01-01T00:00:00Z');
  };
  const open = async (bytes: Buffer, identity = me): Promise<UnlockedDocument> => {
    const vault = await UnlockedDocument.unlock(SopsDocument.parse(bytes, PATH), [identity]);
    assert.ok(vault !== undefined);
    return vault;
  };
  const branch = async (
    base: Buffer,
    change: (vault: UnlockedDocument) => void | Promise<void>,
    at = '2026-01-02T00:00:00Z',
  ): Promise<Buffer> => {
    const vault = await open(base);
    await change(vault);
    return vault.serialize(at);
  };
  const setMembers = async (vault: UnlockedDocument, members: readonly Identity[]): Promise<void> => {
    vault.document.tree.set(
      KEYS.members,
      members.map((one) => object(memberOf(one))),
    );
    await vault.setRecipients(members.map(({ recipient }) => recipient));
  };
  const merge = async (
    [base, ours, theirs]: readonly [Buffer | undefined, Buffer, Buffer],
    choices: Choices = new Map(),
  ): Promise<MergePlan & { bytes?: Buffer }> => {
    const input = {
      base: base === undefined ? undefined : await open(base),
      ours: await open(ours),
      theirs: await open(theirs),
    };
    const plan = planMerge(input, choices, NOW);
    if (plan.conflicts.length > 0) return plan;
    return { ...plan, bytes: (await buildMerge(plan, input, me)).serialize(NOW) };
  };
  const bytesOf = ({ bytes, conflicts }: MergePlan & { bytes?: Buffer }): Buffer => {
    assert.deepEqual(conflicts, []);
    assert.ok(bytes !== undefined);
    return bytes;
  };

  it('is the merge of the plain maps, whatever two branches have done, and whoever has renewed the data key', async () => {
    const anyChoice = fc.constantFrom<SideName>('ours', 'theirs');
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          base: anyModel,
          a: anyEdits,
          b: anyEdits,
          choice: anyChoice,
          rotated: fc.constantFrom('', 'a', 'b', 'ab'),
          hasBase: fc.boolean(),
        }),
        async ({ base, a, b, choice, rotated, hasBase }) => {
          const models = { ours: edited(base, a), theirs: edited(base, b) };
          const from = await create(base);
          const side = (model: Model, isRotated: boolean): Promise<Buffer> =>
            branch(from, async (vault) => {
              write(vault, model, base, '2026-01-02T00:00:00Z');
              if (isRotated) await vault.renewKey(me);
            });
          const sides = [
            hasBase ? from : undefined,
            await side(models.ours, rotated.includes('a')),
            await side(models.theirs, rotated.includes('b')),
          ] as const;
          const known = hasBase ? base : new Map<string, Plain>();
          const expected = mergeModels(known, models.ours, models.theirs, new Map());
          const first = await merge(sides);
          assert.deepEqual(new Set(first.conflicts.map(({ name }) => name)), expected.conflicts);
          const choices = new Map(Array.from(expected.conflicts, (name) => [name, choice]));
          const decided = await open(bytesOf(await merge(sides, choices)));
          assert.deepEqual(
            sortedModel(read(decided)),
            sortedModel(mergeModels(known, models.ours, models.theirs, choices).merged),
          );
          assert.equal(decided.binding, 'bound');
          const keys = [(await open(from)).keyId, (await open(sides[1])).keyId, (await open(sides[2])).keyId];
          if (rotated === 'ab' || (!hasBase && rotated !== '')) assert.ok(!keys.includes(decided.keyId));
          else assert.equal(decided.keyId, keys[rotated === 'b' ? 2 : 1]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keeps the cipher text of all leaves, where no data key was renewed', async () => {
    await fc.assert(
      fc.asyncProperty(anyModel, anyEdits, anyEdits, async (base, a, b) => {
        const from = await create(base);
        const [ours, theirs] = await Promise.all(
          [a, b].map((edits) =>
            branch(from, (vault) => {
              write(vault, edited(base, edits), base, NOW);
            }),
          ),
        );
        assert.ok(ours !== undefined && theirs !== undefined);
        const { bytes } = await merge([from, ours, theirs]);
        if (bytes === undefined) return;
        const known = ours.toString() + theirs.toString();
        const merged = SopsDocument.parse(bytes, PATH).tree.get(KEYS.secrets);
        assert.ok(merged instanceof Map);
        for (const leaf of merged.values()) assert.ok(typeof leaf === 'string' && known.includes(leaf));
      }),
      { numRuns: 50 },
    );
  });

  it('changes nothing but its own lines: the same members have the key in the same form', async () => {
    const from = await create(new Map([['FAKE_A', { value: 'fake' }]]));
    const set = (name: string): Promise<Buffer> =>
      branch(from, (vault) => {
        write(
          vault,
          new Map([
            ['FAKE_A', { value: 'fake' }],
            [name, { value: 'new' }],
          ]),
          new Map([['FAKE_A', { value: 'fake' }]]),
          NOW,
        );
      });
    const merged = bytesOf(await merge([from, await set('FAKE_B'), await set('FAKE_C')])).toString();
    const lines = merged.split('\n').filter((line) => !from.toString().includes(line.replace(/,$/, '')));
    assert.ok(
      lines.every((line) => /FAKE_[BC]|structure|mac|lastmodified|updated|created|[{}]/.test(line)),
      lines.join('\n'),
    );
  });

  it('tells the dates and authors of both sides, and never a value', async () => {
    const base: Model = new Map([
      ['FAKE_A', { value: 'hidden-0' }],
      ['FAKE_B', { value: 'hidden-0' }],
    ]);
    const from = await create(base);
    const ours = await branch(from, (vault) => {
      write(vault, new Map([['FAKE_A', { value: 'hidden-1' }]]), base, '2026-01-05T00:00:00Z');
    });
    const theirs = await branch(from, (vault) => {
      write(
        vault,
        new Map([
          ['FAKE_A', { value: 'hidden-2', description: 'new' }],
          ['FAKE_B', { value: 'hidden-3' }],
        ]),
        base,
        '2026-01-06T00:00:00Z',
      );
    });
    const { conflicts } = await merge([from, ours, theirs]);
    assert.deepEqual(conflicts, [
      {
        name: 'FAKE_A',
        parts: ['value'],
        ours: { updated: '2026-01-05T00:00:00Z', updatedBy: 'fake' },
        theirs: { updated: '2026-01-06T00:00:00Z', updatedBy: 'fake' },
      },
      {
        name: 'FAKE_B',
        parts: [],
        ours: null,
        theirs: { updated: '2026-01-06T00:00:00Z', updatedBy: 'fake' },
      },
    ]);
    assert.ok(!JSON.stringify(conflicts).includes('hidden'));
  });

  describe('of members', () => {
    const A: Model = new Map([['FAKE_A', { value: 'fake' }]]);
    const withB: Model = new Map([...A, ['FAKE_B', { value: 'fake' }]]);

    it('keeps what both sides have added', async () => {
      const from = await create(A, [memberOf(me)]);
      const ours = await branch(from, async (vault) => setMembers(vault, [me, bob]));
      const theirs = await branch(from, async (vault) => setMembers(vault, [me, carol]));
      const bytes = bytesOf(await merge([from, ours, theirs]));
      for (const one of [me, bob, carol])
        assert.deepEqual([...read(await open(bytes, one)).keys()], ['FAKE_A']);
    });

    it('removes who was removed on one side, marks what the other side has set meanwhile, and gives a new key where the old one is known', async () => {
      const from = await create(A);
      for (const renews of [true, false]) {
        const removed = await branch(from, async (vault) => {
          await setMembers(vault, [me]);
          if (renews) await vault.renewKey(me);
        });
        const set = await branch(from, (vault) => {
          write(vault, withB, A, NOW);
        });
        for (const [ours, theirs] of [
          [removed, set],
          [set, removed],
        ] as const) {
          const plan = await merge([from, ours, theirs]);
          const bytes = bytesOf(plan);
          const vault = await open(bytes);
          assert.deepEqual([...read(vault).keys()].sort(), ['FAKE_A', 'FAKE_B']);
          assert.deepEqual(vault.document.recipients, [me.recipient]);
          assert.notEqual(vault.keyId, (await open(from)).keyId);
          assert.deepEqual(plan.exposed, ['FAKE_B']);
          const info = (
            JSON.parse(bytes.toString()) as { info_unencrypted: Record<string, { exposed?: object[] }> }
          ).info_unencrypted;
          assert.deepEqual(info['FAKE_B']?.exposed, [{ label: 'fake', since: NOW }]);
          assert.equal(info['FAKE_A']?.exposed, undefined);
        }
      }
    });

    it('opens versions that a person is no recipient of, if the data key is the same', async () => {
      const from = await create(A);
      const vault = await open(from);
      await setMembers(vault, [me, bob, carol]);
      const joined = await open(vault.serialize(NOW), carol);
      const before = SopsDocument.parse(from, PATH);
      assert.deepEqual([...read(joined.openWithSameKey(before) ?? joined).keys()], ['FAKE_A']);
      const other = SopsDocument.parse(await create(A), PATH);
      assert.equal(joined.openWithSameKey(other), undefined);
    });

    it('with a base that does not open: what both have changed is asked about, nothing is lost', async () => {
      const from = await create(A, [memberOf(bob)]);
      const theirs = await create(withB);
      const ours = await create(new Map([['FAKE_A', { value: 'other' }]]));
      const input = {
        base: SopsDocument.parse(from, PATH),
        ours: await open(ours),
        theirs: await open(theirs),
      };
      const plan = planMerge(input, new Map(), NOW);
      assert.deepEqual(
        plan.conflicts.map(({ name }) => name),
        ['FAKE_A'],
      );
      const decided = planMerge(input, new Map([['FAKE_A', 'theirs']]), NOW);
      const vault = await open((await buildMerge(decided, input, me)).serialize(NOW));
      assert.deepEqual(
        [...read(vault)].map(([name, { value }]) => [name, value]),
        [
          ['FAKE_A', 'fake'],
          ['FAKE_B', 'fake'],
        ],
      );
    });
  });

  it('gives a file whose MAC is right for sops, with what this version does not know', async () => {
    const sandbox = new Sandbox();
    try {
      const sops = await Sops.of(sandbox);
      const base: Model = new Map([['FAKE_A', { value: 'fake-a', odd: 'x', previous: 'old' }]]);
      const from = await create(base);
      const ours = await branch(from, async (vault) => {
        write(vault, new Map([...base, ['FAKE_B', { value: 'True' }]]), base, NOW);
        await vault.renewKey(me);
      });
      const theirs = await branch(from, (vault) => {
        write(vault, new Map([...base, ['FAKE_C', { value: '42', odd: 'y' }]]), base, NOW);
        vault.document.tree.set(
          'future',
          object({ kept: vault.encrypt(textLeaf('fake-kept'), ['future', 'kept']) }),
        );
      });
      const file = join(sandbox.root, 'merged.sops.json');
      writeFileSync(file, bytesOf(await merge([from, ours, theirs])));
      const key = join(sandbox.root, 'key.txt');
      writeFileSync(key, `${me.key.reveal()}\n`);
      const plain = JSON.parse(
        String(await sops.ok(['decrypt', file], { env: { SOPS_AGE_KEY_FILE: key } })),
      ) as Record<string, unknown>;
      assert.deepEqual(plain[KEYS.secrets], { FAKE_A: 'fake-a', FAKE_B: 'True', FAKE_C: '42' });
      assert.deepEqual(plain['previous'], { FAKE_A: 'old' });
      assert.deepEqual(plain['future'], { kept: 'fake-kept' });
      assert.equal((plain[KEYS.info] as Record<string, { odd?: string }>)['FAKE_C']?.odd, 'y');
    } finally {
      sandbox.remove();
    }
  });
});
