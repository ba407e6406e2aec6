/** Secrets that the configuration names, so that whoever tries local mode can sign and verify: each is its own name. */
import type { Configuration } from '../../src/core/configuration.ts';
import { seedSecret } from '../aws/secrets.ts';
import type { Storage } from '../storage.ts';

/** `arn:…:secret:tickets-AbCdEf` is `tickets`: not a secret at all, on a machine that keeps none. */
export const localSecret = (arn: string): string => arn.replace(/^.*:secret:/, '').replace(/-[A-Za-z0-9]{6}$/, '');

export function seedSecrets(seeding: { readonly storage: Storage; readonly now: number }, config: Configuration): void {
  const asked = Object.values(config.onCall ?? {}).flatMap((one) => (one.kind === 'provider' ? [one.secret] : []));
  const tickets = Object.values(config.ticketSystems ?? {}).map(({ secret }) => secret);
  for (const arn of new Set([...asked, ...tickets])) seedSecret(seeding, arn, localSecret(arn));
}
