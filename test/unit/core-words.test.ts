import assert from 'node:assert/strict';
import { relative } from 'node:path';
import ts from 'typescript';
import { collectTexts, nodesOf } from '../../scripts/texts.mjs';
import bundle from '../../l10n/bundle.l10n.json' with { type: 'json' };
import { PROJECT } from '../fixtures/sandbox.ts';

const COMMANDS =
  'set list get delete rename copy move import export scan launch exec runs logs wait stop sweep identity member resolve merge grant aws platform completion';

/** A command of ours, any of them, what leaves a run, or an option of two dashes. */
const SPOKEN = new RegExp(
  `\\bnf-secrets (?:(?:${COMMANDS.replaceAll(' ', '|')})\\b|…)|env -u NF_SECRETS_RUN|(?:^|[\\s("'\`])--[a-z]`,
);

/** Options of other programs, and what is written into files of AWS. */
const OF_OTHERS: Readonly<Record<string, RegExp>> = {
  'launch/observed-run.ts': /sudo|-e NXF/,
  'targets/aws-batch/job-messages.ts': /^ --reason cancelled --job-id $/,
  'targets/aws-batch/release.ts': /^ ?--/,
  'targets/aws-batch/task-variables.ts': /-e, --env/,
  'aws/kms-error.ts': /^ --(region|key-id) $/,
  'aws/policy/arns.ts': /aws kms/,
  'aws/policy/statements.ts': /^(Whoever runs|Optional, for sweep)/,
  'aws/policy/role-permissions.ts': /^(Whoever runs|Optional, for sweep)/,
  'targets/aws-batch/check/probes.ts': /^nf-secrets aws check$/,
  'pipeline/commit-tree.ts': /^--(full-tree|batch)$/,
  'pipeline/remote-pipeline.ts': /^--(quiet|short|verify|end-of-options)$/,
  'pipeline/source-files.ts': /^--/,
  'platform/launch/checkout.ts': /^--/,
  'platform/launch/remote-git.ts': /^--/,
  'nextflow/preview-run.ts': /as for --help/,
  'system/safe-git.ts': /^--/,
  'system/paths.ts': /^--workspace$/,
  'vault/git-version.ts': /^--/,
  'vault/history/git-versions.ts': /^--/,
  'vault/history/git-past.ts': /^git (filter-repo|fetch) --/,
  'vault/members/base-roster.ts': /^--(verify|quiet|end-of-options)$|git config/,
  'vault/members/unsigned-changes.ts': /^--/,
  'vault/not-as-written.ts': /git log --oneline/,
  'vault/merge/git-stages.ts': /^--|git config/,
  'vault/merge/install.ts': /^--/,
  'vault/merge/offer.ts': /^--git-common-dir$/,
  'vault/merge/shared-roster.ts': /^--/,
  'vault/merge/version-of-commit.ts': /^--/,
  'vault/merge/resolve-vault.ts': /git checkout --ours/,
  'vault/acceptance-age.ts': /git log --all|git fetch --unshallow/,
  'vault/encryption-rule.ts': /sops encrypt/,
  'vault/members/age-alone.ts': /sops rotate/,
  'vault/vault-draft.ts': /sops rotate/,
};

/** Each text in the source of the core, and where. */
function* textsOfCore(): Generator<{ readonly file: string; readonly text: string }> {
  const folder = `${PROJECT}/src/core`;
  for (const { node, file } of nodesOf(folder)) {
    if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node))
      yield { file: relative(folder, file), text: node.text };
  }
}

/** Texts of the core that speak of a command or an option of ours, and where. */
function spokenInCore(): { readonly file: string; readonly text: string }[] {
  return [...textsOfCore()].filter(
    ({ file, text }) => SPOKEN.test(text) && OF_OTHERS[file]?.test(text) !== true,
  );
}

describe('the words of the core', () => {
  it('name no command and no option: a shell says how a thing is done', () => {
    const texts = [...textsOfCore()];
    assert.deepEqual(spokenInCore(), []);
    const unused = Object.entries(OF_OTHERS).filter(
      ([file, words]) =>
        !texts.some((one) => one.file === file && SPOKEN.test(one.text) && words.test(one.text)),
    );
    assert.deepEqual(unused, [], 'texts of others that are no more');
  });

  it('are data: no file says a sentence itself', () => {
    const folder = `${PROJECT}/src/core`;
    const says = [...nodesOf(folder)].filter(
      ({ node }) => ts.isPropertyAccessExpression(node) && node.name.text === 'say',
    );
    assert.deepEqual(
      says.map(({ file }) => relative(folder, file)),
      [],
    );
  });

  it('are no plain strings: a reason is a phrase, so that a shell words it in the language of the person', () => {
    const folder = `${PROJECT}/src/core`;
    const isPlain = (type: ts.TypeNode | undefined): boolean =>
      type !== undefined &&
      (type.kind === ts.SyntaxKind.StringKeyword || (ts.isUnionTypeNode(type) && type.types.some(isPlain)));
    const plain = [...nodesOf(folder)].flatMap(({ node, file }) =>
      (ts.isPropertySignature(node) || ts.isPropertyDeclaration(node) || ts.isParameter(node)) &&
      /^(reason|problem|message|note|fact|why|hint|advice)$/.test(node.name.getText()) &&
      // Errors of the shells have words in the language of the person already.
      !file.endsWith('/system/human-error.ts') &&
      isPlain(node.type)
        ? [`${relative(folder, file)}: ${node.getText()}`]
        : [],
    );
    assert.deepEqual(plain, []);
  });

  it('are in an error as phrases', () => {
    const folder = `${PROJECT}/src/core`;
    const isText = (node: ts.Expression | undefined): boolean =>
      node !== undefined && (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node));
    const plain = [...nodesOf(folder)].flatMap(({ node, file }) =>
      ts.isNewExpression(node) &&
      node.expression.getText() === 'HumanError' &&
      node.arguments?.slice(1, 3).some(isText) === true
        ? [`${relative(folder, file)}: ${node.getText()}`]
        : [],
    );
    assert.deepEqual(plain, []);
  });

  it('are in the bundle that translators get, as those of the extension are', () => {
    const texts = [...collectTexts(PROJECT)];
    const had = new Set(Object.keys(bundle));
    const change = [
      ...texts.filter((text) => !had.has(text)),
      ...[...had].filter((text) => !texts.includes(text)),
    ];
    assert.deepEqual(change, [], 'l10n/bundle.l10n.json is old. Run: npm run l10n');
  });
});
