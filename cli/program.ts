/** The command line as a whole. */
import { basename } from 'node:path';
import { Command, Help, Option } from 'commander';
import { addBreakGlassCommand, addReviewCommands } from './commands/break-glass.ts';
import { addCanCommand } from './commands/can.ts';
import { addClustersCommand } from './commands/clusters.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addDecisionCommands, addEndCommand, addExtendCommand } from './commands/decide.ts';
import { addDelegationCommands } from './commands/delegate.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEmergencyCommand } from './commands/emergency.ts';
import { addKubeconfigCommand } from './commands/kubeconfig.ts';
import { addLinkCommands } from './commands/link.ts';
import { addLoginCommands } from './commands/login.ts';
import { addReadCommands } from './commands/read.ts';
import { addRequestCommand } from './commands/request.ts';
import { addResponderCommands } from './commands/respond.ts';
import { addRuleCommands } from './commands/rules.ts';
import { addTokenCommand } from './commands/token.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type Commands, openSession } from './session.ts';
import { visible } from './terminal/visible.ts';
import { VERSION } from './version.ts';

const COMMANDS: readonly Commands[] = [
  addRequestCommand,
  addReadCommands,
  addDecisionCommands,
  addExtendCommand,
  addEndCommand,
  addResponderCommands,
  addDelegationCommands,
  addCanCommand,
  addClustersCommand,
  addRuleCommands,
  addBreakGlassCommand,
  addReviewCommands,
  addEmergencyCommand,
  addKubeconfigCommand,
  addTokenCommand,
  addLinkCommands,
  addLoginCommands,
  addDoctorCommand,
  addCompletionCommand,
];

const epilogue = (name: string): string => `
Examples:
  ${name} entitlements
  ${name} request mycluster-admin --duration 30m --justification 'INC-4211: the ingress is down' --wait
  ${name} approve <grant>

It signs with your AWS credentials, found as the AWS CLI finds them, or uses the token of "${name} login".
HALLPASS_URL is the address of the API.
Data goes to stdout, words to stderr.

${exitCodesHelp()}`;

/** kubectl calls its plugins by this name, and people type it with a blank. */
export const nameFrom = (calledAs: string): string =>
  basename(calledAs).startsWith('kubectl-hallpass') ? 'kubectl hallpass' : 'hallpass';

/** Commander says of an option what it may be, and not that it has to be there. */
const described = (option: Option): string => {
  const text = new Help().optionDescription(option);
  return option.mandatory ? `${text} (required)` : text;
};

/** Commander throws `CommanderError` instead of leaving the process; `main` makes exit codes of it. */
export function makeProgram(io: Io): Command {
  const name = nameFrom(io.calledAs);
  const program = new Command(name)
    .description('Time-bound, approved, self-ending access to Amazon EKS clusters.')
    .version(VERSION)
    .addOption(
      new Option('-o, --output <form>', 'json is the API’s answer').choices(['json', 'table']).default('table'),
    )
    .option('--url <url>', 'address of the API (default: HALLPASS_URL)')
    .option('--profile <name>', 'AWS profile (default: AWS_PROFILE)')
    .option('--region <name>', 'AWS region (default: from the address, AWS_REGION, the profile)')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, optionDescription: described })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text.split('\n').map(visible).join('\n')),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .showHelpAfterError(`"${name} --help" shows what there is.`)
    .addHelpText('after', epilogue(name));
  for (const add of COMMANDS) add(program, (command) => openSession(io, name, command));
  for (const command of program.commands)
    command.showHelpAfterError(`"${name} ${command.name()} --help" shows what it takes.`);
  return program;
}
