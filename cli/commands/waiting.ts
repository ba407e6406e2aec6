/** The options of `--wait`, and what is said when the waiting, not the grant, was ended. */
import { type Command, InvalidArgumentError } from 'commander';
import type { GrantView } from '../../src/http/schemas.ts';
import type { Answered, Api } from '../api/client.ts';
import { Failure } from '../failure.ts';
import { type Session, say } from '../session.ts';
import { type Goal, waitFor } from '../wait.ts';

export type WaitOptions = { wait?: true; interval: number };

const DEFAULT_INTERVAL_SECONDS = 2;

export const addWaitOptions = (command: Command, description: string): Command =>
  command
    .option('--wait', description)
    .option('--interval <seconds>', 'how often to look while waiting (1 to 300)', seconds, DEFAULT_INTERVAL_SECONDS);

function seconds(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 300) return value;
  throw new InvalidArgumentError('Write a number of seconds from 1 to 300.');
}

export async function waited(
  session: Session,
  api: Api,
  from: Answered<GrantView>,
  goal: Goal,
  { interval }: WaitOptions,
): Promise<Answered<GrantView>> {
  try {
    return await waitFor(session.io, api, from, { goal, intervalMs: interval * 1_000 });
  } catch (error) {
    const { id } = from.value;
    if (error instanceof Failure) {
      say(session, `Not waiting any longer. The grant goes on as it is: ${session.program} grant ${id}`);
    }
    throw error;
  }
}
