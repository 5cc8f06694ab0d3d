import { Document, isMap, isSeq } from 'yaml';
import { policyDocument, trustDocument } from './policy-document.ts';
import type { RolePermissions } from './role-permissions.ts';

/** The policies, and the roles that services assume, as a template of CloudFormation in YAML. */
export function cloudFormation(roles: readonly RolePermissions[]): string {
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Permissions of nf-secrets on AWS Batch. Needs CAPABILITY_NAMED_IAM.',
    Resources: Object.fromEntries(roles.map((role) => [logicalId(role), resource(role)])),
  };
  // Lists that are the same object would be anchors and aliases.
  const document = new Document(template, { aliasDuplicateObjects: false });
  for (const role of roles) {
    const path = ['Resources', logicalId(role)];
    const node = document.getIn(path, true);
    if (isMap(node)) node.commentBefore = ` ${role.purpose}`;
    const inside = role.trusted === undefined ? [] : ['Policies', 0];
    const list = document.getIn([...path, 'Properties', ...inside, 'PolicyDocument', 'Statement'], true);
    if (!isSeq(list)) continue;
    for (const [index, item] of list.items.entries()) {
      if (isMap(item)) item.commentBefore = ` ${role.statements[index]?.purpose ?? ''}`;
    }
  }
  // Long ARNs on one line, and a version that no reader takes for a date.
  return document.toString({ lineWidth: 0, defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' });
}

const logicalId = ({ role }: RolePermissions): string =>
  `NfSecrets${role
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}`;

function resource(permissions: RolePermissions): object {
  const { name, managedPolicies } = permissions;
  const trust = trustDocument(permissions);
  const PolicyDocument = policyDocument(permissions);
  if (trust === undefined) {
    return { Type: 'AWS::IAM::ManagedPolicy', Properties: { ManagedPolicyName: name, PolicyDocument } };
  }
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: trust,
      ...(managedPolicies.length > 0 && { ManagedPolicyArns: managedPolicies }),
      Policies: [{ PolicyName: name, PolicyDocument }],
    },
  };
}
