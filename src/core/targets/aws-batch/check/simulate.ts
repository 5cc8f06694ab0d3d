import { type EvaluationResult, type IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { phrase } from '../../../system/phrase.ts';
import { printable } from '../../../system/printable.ts';
import type { PermissionRequest } from './evaluate.ts';
import { isUnread, orUnread, type Unread } from './iam.ts';
import type { Verdict } from './verdict.ts';

/**
 * Asks IAM to simulate requests of a user or role. It knows more than policies: groups, boundary, and the policies of
 * the organisation.
 *
 * @param principal - ARN of a user or role.
 * @returns a verdict for each request, in their order, or the reason that there is none.
 */
export async function simulate(
  iam: IAMClient,
  principal: string,
  requests: readonly PermissionRequest[],
  abortSignal?: AbortSignal,
): Promise<readonly Verdict[] | Unread> {
  const groups = new Map<string, [PermissionRequest, ...PermissionRequest[]]>();
  for (const request of requests) {
    const key = JSON.stringify([request.resource, request.context]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [request]);
    else group.push(request);
  }
  const answers = await orUnread(
    'iam:SimulatePrincipalPolicy',
    Promise.all(
      [...groups.values()].map(async (group) => {
        const [{ resource, context }] = group;
        const command = new SimulatePrincipalPolicyCommand({
          PolicySourceArn: principal,
          ActionNames: group.map(({ action }) => action),
          ResourceArns: [resource],
          ContextEntries: Object.entries(context).map(([key, value]) => ({
            ContextKeyName: key,
            ContextKeyType: 'string',
            ContextKeyValues: [value],
          })),
        });
        const { EvaluationResults: results = [] } = await iam.send(
          command,
          abortSignal === undefined ? {} : { abortSignal },
        );
        return group.map((request): [PermissionRequest, Verdict] => [
          request,
          verdictOf(results.find(({ EvalActionName: name }) => sameAction(name, request.action))),
        ]);
      }),
    ),
  );
  if (isUnread(answers)) return answers;
  const verdicts = new Map(answers.flat());
  return requests.map((request) => verdicts.get(request) ?? verdictOf(undefined));
}

const sameAction = (name: string | undefined, action: string): boolean =>
  name?.toLowerCase() === action.toLowerCase();

function verdictOf(result: EvaluationResult | undefined): Verdict {
  if (result === undefined) return { result: 'unknown', reason: phrase`IAM’s simulation gives no answer` };
  const {
    EvalDecision: decision,
    MissingContextValues: missing = [],
    MatchedStatements: matched = [],
  } = result;
  if (decision === 'allowed') return { result: 'allowed', reason: phrase`IAM’s simulation allows it` };
  // It does not know conditions in those, such as one on the region.
  if (result.OrganizationsDecisionDetail?.AllowedByOrganizations === false)
    return { result: 'unknown', reason: phrase`a policy of the organisation (SCP) may deny it` };
  if (missing.length > 0)
    return {
      result: 'unknown',
      reason: phrase`by IAM’s simulation, it depends on ${printable(missing.join(', '))}`,
    };
  if (decision === 'explicitDeny') {
    const source = matched[0]?.SourcePolicyId;
    const reason =
      source === undefined
        ? phrase`a policy denies it explicitly`
        : phrase`policy ${printable(source)} denies it explicitly`;
    return { result: 'denied', reason, final: true };
  }
  if (result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false)
    return { result: 'denied', reason: phrase`its permissions boundary does not allow it` };
  return { result: 'denied', reason: phrase`none of its policies allows it (IAM’s simulation)` };
}
