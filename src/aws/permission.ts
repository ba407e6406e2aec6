/** Permissions as data with their reasons: from them come the deployed policies, local mode's, and the page that explains them. */

export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export type Permission = {
  /** Letters and digits: the statement's Sid. */
  readonly sid: string;
  /** One sentence for a security engineer: what it is for, and what bounds it. */
  readonly why: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
  /** Called by AWS on the function's behalf, so that no call of the code's is ever seen: where AWS says that it needs it. */
  readonly platform?: string;
};

export type PolicyDocument = { readonly Version: '2012-10-17'; readonly Statement: readonly object[] };

/** Statements without resources would be malformed: what names nothing is left out. */
export const documentOf = (permissions: readonly Permission[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: permissions
    .filter(({ resources }) => resources.length > 0)
    .map(({ sid, actions, resources, conditions }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: actions,
      Resource: resources,
      ...(conditions && { Condition: conditions }),
    })),
});

/** A role's trust: who may become it. */
export const trustOf = (
  Principal: Readonly<Record<string, string | readonly string[]>>,
  conditions?: Conditions,
): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...(conditions && { Condition: conditions }) }],
});

/** Reading the values of these secrets, whole ARNs; nothing when there are none. */
export const readsSecrets = (arns: readonly string[], why: string): Permission => ({
  sid: 'Secrets',
  why,
  actions: ['secretsmanager:GetSecretValue'],
  resources: [...new Set(arns)],
});
