/** What could stand where the cursor is, out of the commands' own definitions. */
import type { Argument, Command, Option } from 'commander';

/** Values that only the server knows, by the name of the argument (`grant`, `entitlement`). */
export type Lookup = (argument: string) => Promise<readonly string[]>;

/** `words` are what follows the program's name; the last is what is being typed, and may be empty. */
export async function candidates(program: Command, words: readonly string[], lookUp: Lookup): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const { command, option, values } = walk(program, words.slice(0, -1));
  const found = option ? (option.argChoices ?? []) : await following(program, command, typed, values, lookUp);
  return found.filter((candidate) => candidate.startsWith(typed));
}

type Walked = { readonly command: Command; readonly option?: Option; readonly values: number };

/** Where the words before the cursor lead: the command, an option that waits for its value, how many arguments stand. */
function walk(program: Command, words: readonly string[]): Walked {
  let command = program;
  let pending: Option | undefined;
  let values = 0;
  for (const word of words) {
    if (pending) {
      pending = undefined;
    } else if (word.startsWith('-')) {
      const option = [...command.options, ...program.options].find(
        ({ long, short }) => long === word || short === word,
      );
      pending = option?.required ? option : undefined;
    } else {
      const next = command === program && program.commands.find((known) => known.name() === word);
      if (next) command = next;
      else values++;
    }
  }
  return { command, values, ...(pending && { option: pending }) };
}

async function following(
  program: Command,
  command: Command,
  typed: string,
  values: number,
  lookUp: Lookup,
): Promise<readonly string[]> {
  if (typed.startsWith('-')) {
    const options = new Set([...command.options, ...program.options]);
    return [...options].flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
  }
  if (command === program) return program.commands.map((known) => known.name());
  const argument: Argument | undefined = command.registeredArguments[values];
  if (!argument) return [];
  return argument.argChoices ?? (await lookUp(argument.name()));
}
