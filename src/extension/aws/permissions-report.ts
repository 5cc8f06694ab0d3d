import { l10n } from 'vscode';
import type { PrintedCheck, PrintedReport } from '../../core/targets/aws-batch/check/report.ts';
import { printable } from '../../core/system/printable.ts';

/** The report as a page in Markdown. */
export function reportPage(report: PrintedReport): string {
  const { pipeline, checks, hints, leftBehind } = report;
  const of = (result: PrintedCheck['result']): PrintedCheck[] =>
    checks.filter((check) => check.result === result);
  const denied = of('denied');
  const unknown = of('unknown');
  const allowed = of('allowed');
  const title =
    pipeline === null ? l10n.t('AWS permissions') : l10n.t('AWS permissions of {0}', escaped(pipeline));
  return [
    `# ${title}`,
    verdict(report, denied.length),
    table([l10n.t('What'), l10n.t('Is')], facts(report)),
    ...section(
      l10n.t('Not removed'),
      leftBehind.length > 0 &&
        table(
          [l10n.t('What'), l10n.t('Why'), l10n.t('Remove it')],
          leftBehind.map(({ item, reason, remedy }) => [code(item), escaped(reason), code(remedy)]),
        ),
    ),
    ...section(l10n.t('Missing'), denied.length > 0 && checkTable(denied)),
    ...statements(denied),
    ...section(
      l10n.t('To know'),
      hints.length > 0 &&
        hints
          .map(({ severity, message }) =>
            severity === 'warning'
              ? `- **${escaped(l10n.t('Warning'))}:** ${escaped(message)}`
              : `- ${escaped(message)}`,
          )
          .join('\n'),
    ),
    ...section(l10n.t('Not known'), unknown.length > 0 && checkTable(unknown)),
    ...section(l10n.t('Allowed'), allowed.length > 0 && checkTable(allowed)),
    '',
  ].join('\n\n');
}

function verdict({ ok, leftBehind }: PrintedReport, denied: number): string {
  const left =
    leftBehind.length === 0 ? '' : ` ${escaped(l10n.t('The check could not remove all that it made.'))}`;
  if (denied === 0 && ok) {
    return `**${escaped(l10n.t('Nothing is missing, as far as it could be tried.'))}**${left}`;
  }
  if (denied === 0) return `**${escaped(l10n.t('A launch would not work as things are.'))}**${left}`;
  const what =
    denied === 1 ? l10n.t('1 permission is missing.') : l10n.t('{0} permissions are missing.', denied);
  return `**${escaped(what)}**${left}`;
}

function facts({ account, region, partition, principal, queues, roles }: PrintedReport): string[][] {
  const role = (arn: string | null): string => (arn === null ? escaped(l10n.t('not known')) : code(arn));
  return [
    [escaped(l10n.t('Account')), code(account)],
    [escaped(l10n.t('Region')), partition === 'aws' ? code(region) : `${code(region)}, ${code(partition)}`],
    [escaped(l10n.t('Who launches')), code(roles.launcher === '' ? principal : roles.launcher)],
    [escaped(l10n.t('Execution role')), role(roles.executionRole)],
    [escaped(l10n.t('Job role')), roles.jobRole === null ? escaped(l10n.t('none')) : code(roles.jobRole)],
    ...(roles.headRole === null ? [] : [[escaped(l10n.t('Role of the head job')), code(roles.headRole)]]),
    ...queues.map(({ name, arn, computeEnvironments }) => [
      escaped(l10n.t('Queue')),
      [
        arn === null ? `${code(name)} (${escaped(l10n.t('not found'))})` : code(name),
        ...computeEnvironments.map((one) => `${code(one.name)} (${escaped(`${one.type}, ${one.state}`)})`),
      ].join(' · '),
    ]),
  ];
}

const checkTable = (checks: readonly PrintedCheck[]): string =>
  table(
    [l10n.t('Role'), l10n.t('Action'), l10n.t('Resource'), l10n.t('Why')],
    checks.map(({ role, action, resource, reason }) => [
      escaped(roleTitle(role)),
      code(action),
      code(resource),
      escaped(reason),
    ]),
  );

/** Statements to add: one document for each role, as IAM takes it. */
function statements(denied: readonly PrintedCheck[]): string[] {
  const roles = [...new Set(denied.map(({ role }) => role))];
  return roles.flatMap((role) => {
    const of = denied.filter((check) => check.role === role);
    // One statement may allow several actions.
    const wanted = [...new Map(of.map(({ statement }) => [JSON.stringify(statement), statement])).values()];
    const Statement = wanted.filter((statement) => statement !== null);
    if (Statement.length === 0) return [];
    const principal = of.find((check) => check.principal !== null)?.principal ?? null;
    const title =
      principal === null
        ? l10n.t('Add this to a policy of the role: {0}', roleTitle(role))
        : l10n.t('Add this to a policy of the role: {0}, {1}', roleTitle(role), printable(principal));
    const document = { Version: '2012-10-17', Statement };
    return [`### ${escaped(title)}`, fenced(JSON.stringify(document, undefined, 2))];
  });
}

function roleTitle(role: PrintedCheck['role']): string {
  switch (role) {
    case 'launcher':
      return l10n.t('launcher');
    case 'execution-role':
      return l10n.t('execution role');
    case 'head-job':
      return l10n.t('head job');
    case 'list':
      return l10n.t('list (workspace in AWS)');
    case 'launch':
      return l10n.t('launch on AWS Batch (workspace in AWS)');
    case 'launch-local':
      return l10n.t('launch on this machine (workspace in AWS)');
    case 'maintain':
      return l10n.t('maintain (workspace in AWS)');
    case 'owner':
      return l10n.t('owner (workspace in AWS)');
  }
}

const section = (title: string, body: string | false): string[] =>
  body === false ? [] : [`## ${escaped(title)}`, body];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head.map(escaped)), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Escapes a text so that Markdown shows it as it is, in a cell of a table too. */
const escaped = (text: string): string => printable(text).replace(/[!-/:-@[-`{-~]/g, '\\$&');

/** A name as inline code, if it has no character that could end the code. */
const code = (text: string): string => (/^[\w:/.*+=,@ -]+$/.test(text) ? `\`${text}\`` : escaped(text));

/** A block of code that its own text cannot end. */
function fenced(json: string): string {
  const text = json.split('\n').map(printable).join('\n');
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}json\n${text}\n${fence}`;
}
