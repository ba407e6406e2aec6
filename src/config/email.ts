/**
 * E-mail addresses name people to those who approve, so none may look like another's: the domain is ASCII, letters
 * before the @ are Latin and in the one form that Unicode's compatibility folding (NFKC) leaves alone.
 * https://www.unicode.org/reports/tr39/ on confusable characters and mixed scripts.
 */
import { asciiOnly } from './printable.ts';

const LONGEST = 254; // RFC 5321, 4.5.3.1.3, less the angle brackets
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/i;
const LOCAL = /^[^\s@"(),:;<>[\]\\]{1,64}$/;
// ASCII and Latin letters with accents, less the two of that block that pass for an i and a k.
const LATIN = /^[!-~\u00c0-\u0130\u0132-\u0137\u0139-\u017f]+$/;

export const foldedEmail = (email: string): string => email.normalize('NFKC').toLowerCase();

/** What is wrong with the address; undefined when nothing is. */
export function emailProblem(email: string): string | undefined {
  const shown = `"${asciiOnly(email.slice(0, LONGEST))}"`;
  const at = email.lastIndexOf('@');
  const [local, domain] = [email.slice(0, Math.max(at, 0)), email.slice(at + 1)];
  if (/[^\x20-\x7e]/.test(domain))
    return `the domain of ${shown} has characters beyond ASCII, which can look like others; write an international domain in its xn-- form`;
  if (email.length > LONGEST || !LOCAL.test(local) || !DOMAIN.test(domain))
    return `${shown} is not an e-mail address; write it like alice@example.com`;
  if (local.normalize('NFKC') !== local || !LATIN.test(local))
    return `${shown} mixes scripts or has characters that look like others; only Latin letters may stand before the @`;
  return undefined;
}
