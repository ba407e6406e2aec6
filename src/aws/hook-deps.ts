/** Wires what the route for ticket systems needs besides the record: their secrets, and the items of tickets. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Tickets } from '../broker/tickets.ts';
import { clientConfig } from './calls.ts';
import type { Wiring } from './record-deps.ts';
import { type Runtime, required } from './runtime.ts';
import { type SecretCache, secretsIn } from './secrets.ts';
import { isGenuine, type Signed } from './standard-webhooks.ts';
import { ticketsIn } from './ticket-items.ts';

export type TicketHook = {
  readonly tickets: Tickets;
  readonly isGenuine: (secret: string, signed: Signed, body: Uint8Array) => Promise<boolean>;
};

export function ticketHookWiring(runtime: Runtime): Wiring<TicketHook> {
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  const client = new SecretsManagerClient(clientConfig(runtime));
  const cache: SecretCache = new Map();
  const table = required(runtime, 'TABLE_NAME');
  return (invocation) => {
    const secrets = secretsIn(client, invocation, cache);
    return {
      tickets: ticketsIn(dynamodb, invocation, table),
      async isGenuine(secret, signed, body) {
        // During a rotation it may be signed with the one before, or with one that is newer than what is kept here.
        for (const read of [secrets.read, secrets.readAgain]) {
          const { current, previous } = await read(secret);
          const keys = previous === undefined ? [current] : [current, previous];
          if (isGenuine(keys, signed, body, runtime.now())) return true;
        }
        return false;
      },
    };
  };
}
