/** `hallpass completion`. */
import { Argument } from 'commander';
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts';
import type { Commands } from '../session.ts';

const EXAMPLES = `
Examples:
  source <(hallpass completion bash)
  hallpass completion fish > ~/.config/fish/completions/hallpass.fish

kubectl completes "kubectl hallpass" by itself (1.26 and later) where kubectl_complete-hallpass is on the PATH.`;

export const addCompletionCommand: Commands = (program, sessionOf) => {
  program
    .command('completion')
    .description('print a completion script')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action((shell: Shell, _options, command) => {
      sessionOf(command).io.stdout.write(COMPLETION_SCRIPTS[shell]);
    });
};
