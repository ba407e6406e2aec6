/**
 * Which regular expressions a ticket may be checked with. JavaScript's engine backtracks, and the ticket is typed by the
 * requester, so only patterns are taken whose cost stays small whatever is typed: no repeated group with anything in it
 * that could match in two ways, few parts of variable length, no look-around, no back-references.
 */
import { quote } from './printable.ts';

const LONGEST_PATTERN = 200;
// Four such parts over the 200 characters that the API takes for a ticket: at worst about 0.2 s (a*a*a*a*b, measured).
const MOST_VARIABLE_PARTS = 4;
const MOST_REPEATS = 100;

// Read only once the engine has accepted the pattern in Unicode mode, in which no other use of these signs is legal.
const TOKEN =
  /\\[pPuk][{<][^}>]*[}>]|\\.|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|<[^>]*>|[a-z-]*:)|\((?!\?)|[)|]|(?:[*+?]|\{[\d,]+\})\??|./gsu;
const QUANTIFIER = /^(?:[*+?]|\{)/;

/** What is wrong with the pattern; undefined when nothing is. */
export function ticketPatternProblem(pattern: string): string | undefined {
  if (pattern === '' || pattern.length > LONGEST_PATTERN)
    return `a ticket's pattern has 1 to ${LONGEST_PATTERN} characters; this one has ${pattern.length}`;
  const reason = whyNotCompiled(pattern) ?? whyNotCompiled(`^(?:${pattern})$`);
  if (reason !== undefined) return `${quote(pattern)} is not a regular expression: ${reason}`;
  const tokens = pattern.match(TOKEN) ?? [];
  if (tokens.some((token) => /^\(\?<?[=!]/.test(token)))
    return `${quote(pattern)} looks around; write it without (?= and the like`;
  if (tokens.some((token) => /^\\[1-9k]/.test(token)))
    return `${quote(pattern)} refers back to a group; write it without`;
  return repetitionProblem(tokens, pattern);
}

function repetitionProblem(tokens: readonly string[], pattern: string): string | undefined {
  const open: { choices: boolean; repeats: boolean }[] = [];
  let closed: { choices: boolean; repeats: boolean } | undefined;
  let variableParts = 0;
  for (const token of tokens) {
    const group = open.at(-1);
    const previous = closed;
    closed = undefined;
    if (token.startsWith('(')) open.push({ choices: false, repeats: false });
    else if (token === '|' && group) group.choices = true;
    else if (token === ')') {
      closed = open.pop();
      const outer = open.at(-1);
      if (closed?.choices) variableParts++;
      if (outer && closed) outer.repeats ||= closed.repeats || closed.choices;
    } else if (QUANTIFIER.test(token)) {
      const optional = token.startsWith('?');
      if (previous && !optional && (previous.choices || previous.repeats))
        return `${quote(pattern)} repeats a group that itself repeats or chooses, which can take for ever; write the parts out`;
      if (!/^\{\d+\}/.test(token)) variableParts++;
      if (Math.max(...(token.match(/\d+/g) ?? []).map(Number)) > MOST_REPEATS)
        return `${quote(pattern)} repeats something more than ${MOST_REPEATS} times; write a smaller number`;
      if (group) group.repeats = true;
    }
  }
  if (variableParts <= MOST_VARIABLE_PARTS) return undefined;
  return `${quote(pattern)} has ${variableParts} parts of variable length or with choices; use at most ${MOST_VARIABLE_PARTS}`;
}

/** The engine compiles at the first use, so it is used once. */
function whyNotCompiled(source: string): string | undefined {
  try {
    new RegExp(source, 'u').test('');
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return text.slice(text.lastIndexOf(': ') + 2).toLowerCase();
  }
}
