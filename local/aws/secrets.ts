/**
 * Simulated Secrets Manager: GetSecretValue, the one operation that the product calls. Secrets are seeded, and rotated by
 * seeding them again, as an operator's own rotation would: what was current becomes AWSPREVIOUS.
 *
 * Authority: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
import { AwsError, type Context, type Input, type Operations } from '../aws-service.ts';
import type { Storage } from '../storage.ts';
import { parseArn, partitionOf } from './arn.ts';
import { inputReader } from './input.ts';

type Version = { id: string; text: string; createdAt: number };
type Secret = { arn: string; current: Version; previous?: Version };

const secretsOf = (storage: Storage) => storage.collection<Secret>('secretsmanager/secret');
const read = inputReader((name, problem) => new AwsError('InvalidParameterException', 400, `${name} ${problem}`));
const notFound = (what: string): AwsError => new AwsError('ResourceNotFoundException', 400, what);

/** Makes the secret, or rotates it when the text is another. `arn` as Secrets Manager gives it, six characters at its end included. */
export function seedSecret({ storage, now }: { storage: Storage; now: number }, arn: string, text: string): void {
  const old = secretsOf(storage).get(arn);
  if (old?.current.text === text) return;
  const nth = Number(old?.current.id.slice(-12) ?? 0) + 1;
  const current = { id: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`, text, createdAt: now / 1_000 };
  secretsOf(storage).put(arn, { arn, current, ...(old && { previous: old.current }) });
}

/** The current text of a secret that was seeded, or undefined. */
export const seededSecret = (storage: Storage, arn: string): string | undefined =>
  secretsOf(storage).get(arn)?.current.text;

/** A secret is named by its ARN, with or without the six random characters, or by its name in the caller's account. */
function find(input: Input, { storage, caller, region }: Context): Secret | undefined {
  const id = read.text(input, 'SecretId');
  const prefix = `arn:${partitionOf(region)}:secretsmanager:${region}:${caller.account}:secret:`;
  const arn = id.startsWith('arn:') ? id : `${prefix}${id}`;
  return secretsOf(storage)
    .list()
    .map(({ value }) => value)
    .find((secret) => secret.arn === arn || secret.arn.replace(/-[A-Za-z0-9]{6}$/, '') === arn);
}

function versionOf(secret: Secret, stage: string): Version | undefined {
  if (stage === 'AWSCURRENT') return secret.current;
  return stage === 'AWSPREVIOUS' ? secret.previous : undefined;
}

const stageOf = (input: Input): string => read.optionalText(input, 'VersionStage') ?? 'AWSCURRENT';

export const secretOperations: Operations = {
  GetSecretValue: {
    write: false,
    authorize: (input, context) => {
      const id = read.text(input, 'SecretId');
      const { region, caller } = context;
      const named = `arn:${partitionOf(region)}:secretsmanager:${region}:${caller.account}:secret:${id}`;
      return {
        action: 'secretsmanager:GetSecretValue',
        resource: find(input, context)?.arn ?? (id.startsWith('arn:') ? id : named),
        conditionKeys: { 'secretsmanager:SecretId': id, 'secretsmanager:VersionStage': stageOf(input) },
      };
    },
    run: (input, context) => {
      const secret = find(input, context);
      if (!secret || parseArn(secret.arn)?.region !== context.region)
        throw notFound("Secrets Manager can't find the specified secret.");
      const stage = stageOf(input);
      const version = versionOf(secret, stage);
      if (!version) throw notFound(`Secrets Manager can't find the specified secret value for staging label: ${stage}`);
      return {
        ARN: secret.arn,
        Name: secret.arn.split(':secret:')[1]?.replace(/-[A-Za-z0-9]{6}$/, ''),
        VersionId: version.id,
        SecretString: version.text,
        VersionStages: [stage],
        CreatedDate: version.createdAt,
      };
    },
  },
};
