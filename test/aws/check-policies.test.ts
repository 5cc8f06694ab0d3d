import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreatePolicyCommand, CreateRoleCommand } from '@aws-sdk/client-iam';
import { parse } from 'yaml';
import { ensurePolicyReaders } from '../../scripts/tools.mjs';
import { AwsStandIn } from '../fixtures/aws-stand-in.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/aws-policy');
const files = (suffix: string): string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(suffix))
    .sort();
const run = promisify(execFile);

interface Documents {
  readonly policy: { readonly Statement: readonly Record<string, unknown>[] };
  readonly trust?: object;
}

const golden = (file: string): Record<string, Documents> =>
  JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Record<string, Documents>;

describe('what aws policy writes is taken by those who read it', () => {
  describe('by IAM @aws', () => {
    let aws: AwsStandIn;
    before(async () => {
      aws = await AwsStandIn.start();
      await aws.reset();
    });
    after(() => {
      aws.stop();
    });

    for (const file of files('.json')) {
      it(file, async () => {
        const { iam } = aws.clients;
        for (const [role, { policy, trust }] of Object.entries(golden(file))) {
          const name = `${file}-${role}`.replaceAll('.', '-');
          const document = JSON.stringify(policy);
          // The size that IAM gives to a managed policy, without blanks.
          assert.ok(document.length <= 6144, `${document.length} characters`);
          await iam.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument: document }));
          if (trust === undefined) continue;
          const input = { RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) };
          await iam.send(new CreateRoleCommand(input));
        }
      });
    }
  });

  describe('by their own tools @readers', () => {
    let env: NodeJS.ProcessEnv;
    before(async () => {
      env = { ...process.env, PYTHONPATH: await ensurePolicyReaders() };
    });

    it('Terraform: what it reads is what the JSON says', async () => {
      const program = [
        'import hcl2, json, sys',
        'print(json.dumps({name: hcl2.load(open(name)) for name in sys.argv[1:]}, default=str))',
      ].join('\n');
      const { stdout } = await run('python3', ['-c', program, ...files('.tf')], { cwd: FOLDER, env });
      // The reader leaves texts in their quotes.
      const unquoted = (_: string, value: unknown): unknown =>
        typeof value === 'string' ? value.replace(/^"(.*)"$/, '$1') : value;
      const parsed = JSON.parse(stdout, unquoted) as Record<string, { readonly data: readonly object[] }>;
      for (const file of files('.tf')) {
        const read = parsed[file]?.data.flatMap(statementsIn) ?? [];
        const written = Object.values(golden(file.replace('.tf', '.json'))).flatMap(({ policy }) =>
          policy.Statement.map(({ Sid, Action, Resource, Condition }) => ({
            Sid,
            Action,
            Resource,
            Condition,
          })),
        );
        assert.deepEqual(read, written, file);
      }
    });

    it('CloudFormation: its linter finds nothing, and it is what the JSON says', async () => {
      const program = 'from cfnlint.runner import main; main()';
      const args = ['-c', program, '--format', 'parseable', ...files('.yaml')];
      const found = await run('python3', args, { cwd: FOLDER, env }).catch(
        (error: unknown) => error as { stdout: string; stderr: string },
      );
      assert.equal(found.stdout + found.stderr, '');
      for (const file of files('.yaml')) {
        const text = readFileSync(join(FOLDER, file), 'utf8');
        const { Resources: resources } = parse(text) as { Resources: Record<string, unknown> };
        const documents = Object.values(golden(file.replace('.yaml', '.json'))).map(({ policy }) => policy);
        assert.deepEqual(policiesIn(resources), documents, file);
      }
    });
  });
});

interface Block {
  readonly sid?: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition?: readonly { test: string; variable: string; values: readonly string[] }[];
}

/** The statements of the policies in one `data` block of Terraform, as IAM writes them; not those of trust. */
function statementsIn(data: object): object[] {
  const documents = Object.values(data).flatMap((byName: object): unknown[] => Object.values(byName)) as {
    readonly statement: readonly Block[];
  }[];
  return documents
    .flatMap(({ statement }) => statement)
    .filter(({ sid }) => sid !== undefined)
    .map(({ sid, actions, resources, condition }) => ({
      ...{ Sid: sid, Action: actions, Resource: resources },
      Condition: condition && conditionOf(condition),
    }));
}

const conditionOf = (blocks: NonNullable<Block['condition']>): object =>
  Object.fromEntries(blocks.map(({ test, variable, values }) => [test, { [variable]: values }]));

/** All `PolicyDocument`s below. */
function policiesIn(node: unknown): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]): unknown[] =>
    key === 'PolicyDocument' ? [value] : policiesIn(value),
  );
}
