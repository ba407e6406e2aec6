/** A Step Functions of its own under a virtual clock, functions as they are written down, and calls by name. */

import type { Context } from '../../local/aws-service.ts';
import { type VirtualClock, virtualClock } from '../../local/clock.ts';
import type { Answer } from '../../local/states/execution.ts';
import { type StateMachines, stateMachines } from '../../local/states/state-machines.ts';
import { openStorage, type Storage } from '../../local/storage.ts';
import { type Duration, parseInstant } from '../../src/core/time.ts';

export const START = parseInstant('2026-11-24T03:00:00Z') ?? fail();
function fail(): never {
  throw new Error('unreadable instant');
}

export const ROLE = 'arn:aws:iam::111122223333:role/workflow';
export const MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:machine';
export const EXECUTION = 'arn:aws:states:eu-west-1:111122223333:execution:machine:run';

type Body = Record<string, unknown>;
export type Call = { name: string; payload: unknown; token: string | undefined; at: string };
export type Functions = Record<string, (payload: Body, token: string, nth: number) => unknown>;

export const fails = (errorType: string, errorMessage: string, trace?: string[]): Answer => ({
  ok: false,
  errorType,
  errorMessage,
  ...(trace ? { trace } : {}),
});
const isAnswer = (value: unknown): value is Answer => typeof value === 'object' && value !== null && 'ok' in value;

export type World = {
  clock: VirtualClock;
  storage: Storage;
  states: StateMachines;
  calls: Call[];
  functions: Functions;
  call(operation: string, input: Body): Promise<Body>;
  /** Creates the machine of this definition and starts an execution named `run`. */
  begin(definition: unknown, input?: unknown): Promise<void>;
  describe(): Promise<Body>;
  /** `Type` or `Type Name` of every event so far. */
  course(): Promise<string[]>;
  events(): Promise<Body[]>;
  /** What follows is another process on the same storage. */
  restart(): Promise<void>;
};

type Options = { path?: string; random?: () => number; clock?: VirtualClock; functions?: Functions };

/** Functions that are not written down answer `{}`. */
export function world({
  path = ':memory:',
  random = () => 0.5,
  clock = virtualClock(START),
  functions = {},
}: Options = {}): World {
  const calls: Call[] = [];
  let ids = 0;
  let storage = openStorage(path);
  const open = (): StateMachines =>
    stateMachines({
      storage,
      clock,
      random,
      patience: 20 as Duration,
      newId: () => `id-${++ids}`,
      invoke: async (name, payload, { taskToken }) => {
        calls.push({ name, payload, token: taskToken, at: new Date(clock.now()).toISOString().slice(11, 19) });
        const nth = calls.filter((call) => call.name === name).length;
        const answer = await here.functions[name]?.(payload as Body, taskToken ?? '', nth);
        return isAnswer(answer) ? answer : { ok: true, payload: answer ?? {} };
      },
    });
  let states = open();
  const here: World = {
    clock,
    functions,
    calls,
    get storage() {
      return storage;
    },
    get states() {
      return states;
    },
    async call(operation, input) {
      const context: Context = {
        caller: {
          arn: 'arn:aws:iam::111122223333:user/test',
          account: '111122223333',
          userId: 'AIDATEST',
          accessKeyId: 'AKIATEST',
        },
        region: 'eu-west-1',
        clock,
        storage,
      };
      const found = states.service[operation];
      if (!found) throw new Error(`no operation ${operation}`);
      return (await found.run(input, context)) as Body;
    },
    async begin(definition, input = {}) {
      await here.call('CreateStateMachine', { name: 'machine', definition: JSON.stringify(definition), roleArn: ROLE });
      await here.call('StartExecution', { stateMachineArn: MACHINE, name: 'run', input: JSON.stringify(input) });
      await clock.settle();
    },
    describe: () => here.call('DescribeExecution', { executionArn: EXECUTION }),
    async events() {
      const { events } = await here.call('GetExecutionHistory', { executionArn: EXECUTION, maxResults: 1000 });
      return events as Body[];
    },
    async course() {
      return (await here.events()).map((event) => {
        const state = event['stateEnteredEventDetails'] ?? event['stateExitedEventDetails'];
        return state ? `${String(event['type'])} ${String((state as Body)['name'])}` : String(event['type']);
      });
    },
    async restart() {
      states.close();
      if (path !== ':memory:') {
        storage.close();
        storage = openStorage(path);
      }
      states = open();
      await states.resume();
      await clock.settle();
    },
  };
  return here;
}

/** One Task `Do` of the function `do`, then the end. */
export const task = (fields: Body = {}, more: Body = {}): Body => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Do',
  States: {
    Do: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'do', Payload: { a: 1 } },
      Output: '{% $states.result.Payload %}',
      End: true,
      ...fields,
    },
    ...more,
  },
});

export const callback = (fields: Body = {}, more: Body = {}): Body =>
  task(
    {
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'do', Payload: { token: '{% $states.context.Task.Token %}' } },
      Output: '{% $states.result %}',
      ...fields,
    },
    more,
  );

/** One Pass with this Output. */
export const pass = (Output: unknown, fields: Body = {}): Body => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Only',
  States: { Only: { Type: 'Pass', Output, End: true, ...fields } },
});
