/** Rules on the issuer of tokens and on its accounts: each is one person, and none is an e-mail address. */
import { type Context, checkDoubles } from './context.ts';
import { quote } from './printable.ts';

// OpenID Connect Core 1.0, section 2: at most 255 ASCII characters, compared as they are.
const SUBJECT = /^[!-~](?:[ -~]{0,253}[!-~])?$/;
/** Somebody at a laptop: `npm start` has an issuer of its own there. No deployment takes it. */
export const LOOPBACK_ISSUER = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:\/|$)/;

export function checkOidc(context: Context): void {
  const { oidc, people = {} } = context.draft.identities ?? {};
  if (oidc) {
    const problem = issuerProblem(oidc.issuer);
    if (problem) context.report(['identities', 'oidc', 'issuer'], problem);
    checkDoubles(['identities', 'oidc', 'audience'], oidc.audience, context.report);
  }
  const owners = new Map<string, string>();
  for (const [id, person] of Object.entries(people)) {
    for (const [index, { subject }] of (person.oidc ?? []).entries()) {
      const path = ['identities', 'people', id, 'oidc', index, 'subject'];
      const problem = subjectProblem(subject, person.email) ?? (oidc ? undefined : NO_ISSUER);
      if (problem) context.report(path, problem);
      const owner = owners.get(subject);
      if (owner !== undefined)
        context.report(path, `the subject ${quote(subject)} is "${owner}" already; one account is one person`);
      else owners.set(subject, id);
    }
  }
}

const NO_ISSUER = 'a subject is an account of an issuer, and identities.oidc names none; add it, or leave this out';

/** Discovery appends a path to it and compares it to the letter: https://openid.net/specs/openid-connect-discovery-1_0.html */
function issuerProblem(issuer: string): string | undefined {
  const url = URL.parse(issuer);
  if (!url || (url.protocol !== 'https:' && !LOOPBACK_ISSUER.test(issuer)))
    return `${quote(issuer)} is not an issuer's address; write it as its tokens have it, like https://login.example.com`;
  if (url.username || url.password)
    return 'the address has a user in it, which no issuer has, and a password is no use';
  if (url.search || url.hash) return `${quote(issuer)} has a query or fragment, which no issuer's address has`;
  return undefined;
}

function subjectProblem(subject: string, email: string): string | undefined {
  if (!SUBJECT.test(subject))
    return `${quote(subject)} cannot be a subject, which has 1 to 255 ASCII characters and no blanks at its ends`;
  if (subject.toLowerCase() === email.toLowerCase())
    return `${quote(subject)} is the person's e-mail address, which may be given to somebody else one day; use an issuer or a claim whose subject never changes`;
  return undefined;
}
