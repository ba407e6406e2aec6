/** The command as a function: what was typed and the world in, an exit code out. It never throws and never exits. */
import { basename } from 'node:path';
import { CommanderError } from 'commander';
import { candidates } from './completion/candidates.ts';
import { lookupIn } from './completion/lookup.ts';
import { COBRA_NO_FILES, COMPLETE } from './completion/scripts.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { report } from './failure.ts';
import type { Io } from './io.ts';
import { makeProgram } from './program.ts';
import { openSession } from './session.ts';
import { visible } from './terminal/visible.ts';

/** `argv` is what follows the program's name. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const [first, ...words] = argv;
    if (basename(io.calledAs).startsWith('kubectl_complete-hallpass')) await complete(io, argv, [COBRA_NO_FILES]);
    else if (first === COMPLETE) await complete(io, words, []);
    else await makeProgram(io).parseAsync(argv, { from: 'user' });
    return EXIT_CODES.ok.code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(io, error);
    // Help and version were asked for; everything else that commander stops at was typed wrongly.
    return error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
  }
}

async function complete(io: Io, words: readonly string[], directives: readonly string[]): Promise<void> {
  const program = makeProgram(io);
  const found = await candidates(program, words, lookupIn(openSession(io, program.name(), program).api));
  io.stdout.write([...found.map(visible), ...directives].map((line) => `${line}\n`).join(''));
}
