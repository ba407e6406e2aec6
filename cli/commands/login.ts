/** Signing in where people have no AWS credentials: with the issuer that the hub's second API takes tokens of. */
import { findAddress } from '../api/address.ts';
import { Failure } from '../failure.ts';
import { removeLogin, writeLogin } from '../login/store.ts';
import { type Commands, type Session, say } from '../session.ts';
import { cacheFolder } from '../token/home.ts';

type LoginOptions = { issuer?: string; clientId?: string; scope: string; browser: boolean };

const PATIENCE_MS = 5 * 60_000;

export const addLoginCommands: Commands = (program, sessionOf) => {
  program
    .command('login')
    .description('sign in with an OpenID provider, for an API that takes its tokens')
    .option('--issuer <url>', 'the provider (default: HALLPASS_ISSUER)')
    .option(
      '--client-id <id>',
      'what the provider knows this command as (default: HALLPASS_CLIENT_ID, or hallpass-cli)',
    )
    .option('--scope <scopes>', 'what to ask for', 'openid')
    .option('--no-browser', 'only print the address to open')
    .addHelpText(
      'after',
      `\nThe token is kept for its owner only, until it ends; every command then uses it for this address of the API.\n\nExample:\n  export HALLPASS_URL=https://abc123.execute-api.eu-west-1.amazonaws.com\n  ${program.name()} login --issuer https://login.example.com`,
    )
    .action(async (options: LoginOptions, command) => {
      const session = sessionOf(command);
      const { origin } = findAddress(session.io, session.options.url);
      const { signIn, openBrowser } = await import('../login/sign-in.ts');
      const signal = AbortSignal.any([session.io.interrupted, AbortSignal.timeout(PATIENCE_MS)]);
      const { token, expiresAt } = await signIn({
        issuer: issuerFrom(session, options.issuer),
        clientId: options.clientId ?? session.io.env['HALLPASS_CLIENT_ID'] ?? 'hallpass-cli',
        scope: options.scope,
        signal,
        open: (url) => {
          say(session, `Sign in here:\n\n  ${url.href}\n`);
          if (options.browser) openBrowser(url);
        },
      });
      writeLogin(cacheFolder(session.io), { origin, token, expiresAt });
      say(session, `Signed in for ${origin} until ${new Date(expiresAt).toISOString()}.`);
    });

  program
    .command('logout')
    .description('forget the token of "login"')
    .action((_options, command) => {
      const session = sessionOf(command);
      const { origin } = findAddress(session.io, session.options.url);
      removeLogin(cacheFolder(session.io), origin);
      say(session, `Signed out of ${origin}. The token itself is good until it ends; the provider can end it sooner.`);
    });
};

function issuerFrom({ io }: Session, given: string | undefined): URL {
  const text = given ?? io.env['HALLPASS_ISSUER'];
  if (!text)
    throw new Failure('usage', 'Which provider to sign in with is not known: pass --issuer, or set HALLPASS_ISSUER.');
  const url = URL.parse(text);
  const loopback = url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (!url || (url.protocol !== 'https:' && !loopback))
    throw new Failure(
      'usage',
      `"${text}" is not the address of an OpenID provider; write it like https://login.example.com.`,
    );
  return url;
}
