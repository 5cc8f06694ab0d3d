import type { RolePermissions, Statement } from './role-permissions.ts';

// HCL as Terraform 1 and its AWS provider 4 and later read it.

/** The policies, and the roles that services assume, as resources of Terraform. */
export function terraform(roles: readonly RolePermissions[]): string {
  return roles.map(roleBlocks).join('\n');
}

function roleBlocks(permissions: RolePermissions): string {
  const { role, name, purpose, statements, managedPolicies, trusted } = permissions;
  const id = `nf_secrets_${role.replaceAll('-', '_')}`;
  const document = block(`data "aws_iam_policy_document" "${id}"`, statements.flatMap(statementBlock));
  const policy = block(`resource "aws_iam_policy" "${id}"`, [
    `name   = ${quoted(name)}`,
    `policy = data.aws_iam_policy_document.${id}.json`,
  ]);
  const own = [`# ${purpose}`, ...document, '', ...policy];
  if (trusted === undefined) return lines(own);
  const trust = block(`data "aws_iam_policy_document" "${id}_trust"`, [
    ...block('statement', [
      'actions = ["sts:AssumeRole"]',
      ...block('principals', ['type        = "Service"', `identifiers = ${list([trusted])}`]),
    ]),
  ]);
  const assumed = block(`resource "aws_iam_role" "${id}"`, [
    `name               = ${quoted(name)}`,
    `assume_role_policy = data.aws_iam_policy_document.${id}_trust.json`,
  ]);
  const attached = [`aws_iam_policy.${id}.arn`, ...managedPolicies.map(quoted)].map((arn, index) => [
    '',
    ...block(`resource "aws_iam_role_policy_attachment" "${id}_${index}"`, [
      `role       = aws_iam_role.${id}.name`,
      `policy_arn = ${arn}`,
    ]),
  ]);
  return lines([...own, '', ...trust, '', ...assumed, ...attached.flat()]);
}

function statementBlock({ sid, purpose, actions, resources, condition = {} }: Statement): string[] {
  const conditions = Object.entries(condition).flatMap(([test, keys]) =>
    Object.entries(keys).flatMap(([variable, values]) =>
      block('condition', [
        `test     = ${quoted(test)}`,
        `variable = ${quoted(variable)}`,
        `values   = ${list(values)}`,
      ]),
    ),
  );
  return [
    `# ${purpose}`,
    ...block('statement', [
      `sid       = ${quoted(sid)}`,
      `actions   = ${list(actions)}`,
      `resources = ${list(resources)}`,
      ...conditions,
    ]),
  ];
}

const block = (head: string, body: readonly string[]): string[] => [
  `${head} {`,
  ...body.map((line) => (line === '' ? '' : `  ${line}`)),
  '}',
];

/** Quotes names and ARNs that were checked: no quote, backslash, `${` or `%{` is in them. */
const quoted = (text: string): string => `"${text}"`;
const list = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`;
const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
