/** What others run, as one server on loopback: an issuer of tokens, who is on call, tickets, a webhook; and the directory. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { seedRole } from '../../local/aws/iam/seed.ts';
import { seedIdentityStore } from '../../local/aws/identitystore.ts';
import type { TestWorld } from '../life/harness.ts';
import { DIRECTORY_ACCOUNT, type Servers, STORE, TICKET_KEY } from './everything.ts';

export type Others = {
  readonly servers: Servers;
  /** How many messages the webhook has taken. */
  readonly told: () => number;
  /** Answers questions that come as events. */
  follow(world: TestWorld): void;
  /** Tells a system's news, signed. */
  tell(world: TestWorld, system: string, message: object): Promise<Response>;
  /** With a token of Bob's. */
  web(world: TestWorld, method: string, path: string): Promise<Response>;
  close(): void;
};

export async function startOthers(): Promise<Others> {
  const key = await generateKeyPair('RS256', { extractable: true });
  const keys = [{ ...(await exportJWK(key.publicKey)), kid: 'one', alg: 'RS256' }];
  let told = 0;
  let origin = '';
  const answers: Readonly<Record<string, () => object>> = {
    '/.well-known/openid-configuration': () => ({ issuer: origin, jwks_uri: `${origin}/keys` }),
    '/keys': () => ({ keys }),
    '/on-call': () => ({ onCall: ['alice'] }),
    '/tickets': () => ({ open: true }),
    '/webhook': () => ({ told: ++told }),
  };
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers[request.url ?? ''];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer?.() ?? {}));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const tell: Others['tell'] = (world, system, message) => {
    const body = JSON.stringify(message);
    const at = String(Math.floor(world.clock.now() / 1_000));
    const id = `message-${Math.random()}`;
    const signature = createHmac('sha256', TICKET_KEY).update(`${id}.${at}.${body}`).digest('base64');
    return fetch(new URL(`/hooks/tickets/${system}`, world.apiUrl), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': at,
        'webhook-signature': `v1,${signature}`,
      },
      body,
    });
  };
  return {
    servers: { issuer: origin, others: origin },
    told: () => told,
    tell,
    follow: (world) =>
      void world.events.onEvent((event) => {
        if (event['detail-type'] !== 'ticket question') return;
        const { question } = (event.detail as { data: { question: string } }).data;
        void tell(world, 'desk', { type: 'ticket.answer', data: { question, open: true } });
      }),
    web: async (world, method, path) => {
      const at = Math.floor(world.clock.now() / 1_000);
      const token = await new SignJWT({ iss: origin, sub: 'sub-bob', aud: 'hallpass', iat: at, exp: at + 600 })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .sign(key.privateKey);
      return fetch(new URL(path, world.webUrl), { method, headers: { authorization: `Bearer ${token}` } });
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const GUS = '906700a1b2-22222222-2222-4222-8222-222222222222';

/** Identity Center's people, and the role that reads them where they are. */
export function seedDirectory({ storage, clock }: TestWorld): void {
  seedIdentityStore(storage, {
    identityStoreId: STORE,
    region: 'eu-central-1',
    users: [{ userId: GUS, userName: 'gus@example.com', displayName: 'Gus Green' }],
    groups: [
      { groupId: '906700a1b2-99999999-9999-4999-8999-999999999999', displayName: 'On-call engineers', members: [GUS] },
    ],
  });
  const trusted = [
    'hallpass-api',
    'hallpass-laptop-worker',
    'hallpass-laptop-breakglass',
    'hallpass-laptop-interactions',
    'hallpass-laptop-notifier',
  ];
  seedRole(
    { storage, now: clock.now() },
    {
      account: DIRECTORY_ACCOUNT,
      name: 'DirectoryReader',
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: trusted.map((name) => `arn:aws:iam::111122223333:role/${name}`) },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      policies: {
        Read: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'identitystore:*', Resource: '*' }] },
      },
    },
  );
}
