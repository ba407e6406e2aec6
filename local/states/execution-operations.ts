/** StartExecution, StopExecution, DescribeExecution, ListExecutions, GetExecutionHistory. */
import * as z from 'zod';
import type { Instant } from '../../src/core/time.ts';
import type { Input, Operations } from '../aws-service.ts';
import type { Storage } from '../storage.ts';
import type { Execution } from './execution.ts';
import type { HistoryEvent } from './history.ts';
import { findMachine } from './machine-operations.ts';
import { findExecution, listExecutions, purgeForgotten, readEvents } from './records.ts';
import { executionAlreadyExists, executionDoesNotExist, invalidExecutionInput } from './refusals.ts';
import type { Runner } from './runner.ts';
import { parseMachine } from './validation.ts';
import * as wire from './wire.ts';

const said = { error: z.string().max(256).optional(), cause: z.string().max(32_768).optional() };
const startInput = z.strictObject({
  stateMachineArn: z.string(),
  name: z.string().optional(),
  input: wire.data.default('{}'),
  traceHeader: z.string().optional(),
});
const stopInput = z.strictObject({ executionArn: z.string(), ...said });
const describeInput = z.strictObject({ executionArn: z.string() });
const statuses = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'] as const;
const listInput = z.strictObject({
  stateMachineArn: z.string(),
  statusFilter: z.enum(statuses).optional(),
  ...wire.pageMembers,
});
const historyInput = z.strictObject({
  executionArn: z.string(),
  reverseOrder: z.boolean().default(false),
  includeExecutionData: z.boolean().default(true),
  ...wire.pageMembers,
});

const onExecution = (action: string) => (input: Input) => ({ action, resource: String(input['executionArn']) });
const onMachine = (action: string) => (input: Input) => ({ action, resource: String(input['stateMachineArn']) });

function existing(storage: Storage, arn: string, now: Instant): Execution {
  const execution = findExecution(storage, wire.checkExecutionArn(arn), now);
  if (!execution) throw executionDoesNotExist(arn);
  return execution;
}

/** What every answer about an execution says first. */
const summary = (execution: Execution) => ({
  executionArn: execution.arn,
  stateMachineArn: execution.stateMachineArn,
  name: execution.name,
  status: execution.status,
  startDate: wire.epochSeconds(execution.startedAt),
  ...(execution.status === 'RUNNING' ? {} : { stopDate: wire.epochSeconds(execution.stoppedAt) }),
  redriveCount: 0,
});

/** Left out when only the course of things was asked for. */
const EXECUTION_DATA = [
  'input',
  'inputDetails',
  'output',
  'outputDetails',
  'assignedVariables',
  'assignedVariablesDetails',
];
function eventOnWire({ detailsKey, details, timestamp, ...event }: HistoryEvent, withData: boolean) {
  const shown = Object.entries(details ?? {}).filter(([key]) => withData || !EXECUTION_DATA.includes(key));
  return {
    ...event,
    timestamp: wire.epochSeconds(timestamp),
    ...(detailsKey ? { [detailsKey]: Object.fromEntries(shown) } : {}),
  };
}

export function executionOperations(runner: Runner, newId: () => string): Operations {
  return {
    StartExecution: {
      write: true,
      authorize: onMachine('states:StartExecution'),
      run(input, { storage, clock }) {
        const { stateMachineArn, name: wanted, input: text } = wire.read(startInput, input);
        const machine = findMachine(storage, stateMachineArn);
        const name = wire.checkName(wanted ?? newId());
        wire.parseJson(text, (why) => invalidExecutionInput(why));
        const now = clock.now();
        const arn = wire.executionArn(machine.arn, name);
        const old = findExecution(storage, arn, now);
        if (old && !(old.status === 'RUNNING' && old.input === text)) throw executionAlreadyExists(arn);
        if (old) return { executionArn: arn, startDate: wire.epochSeconds(old.startedAt) };
        purgeForgotten(storage, arn, now);
        runner.start({
          arn,
          name,
          stateMachineArn: machine.arn,
          roleArn: machine.roleArn,
          definition: machine.definition,
          input: text,
          startedAt: now,
          variables: {},
          events: 1,
          status: 'RUNNING',
          position: { at: 'door', state: parseMachine(machine.definition).StartAt, input: JSON.parse(text) },
        });
        return { executionArn: arn, startDate: wire.epochSeconds(now) };
      },
    },
    StopExecution: {
      write: true,
      authorize: onExecution('states:StopExecution'),
      async run(input, { storage, clock }) {
        const { executionArn: arn, error, cause } = wire.read(stopInput, input);
        existing(storage, arn, clock.now());
        await runner.signal(arn, {
          type: 'stopped',
          ...(error === undefined ? {} : { error }),
          ...(cause === undefined ? {} : { cause }),
        });
        return { stopDate: summary(existing(storage, arn, clock.now())).stopDate };
      },
    },
    DescribeExecution: {
      write: false,
      authorize: onExecution('states:DescribeExecution'),
      run(input, { storage, clock }) {
        const execution = existing(storage, wire.read(describeInput, input).executionArn, clock.now());
        const { status } = execution;
        return {
          ...summary(execution),
          input: execution.input,
          inputDetails: { included: true },
          ...(status === 'SUCCEEDED' ? { output: execution.output, outputDetails: { included: true } } : {}),
          ...(status === 'FAILED' || status === 'ABORTED' ? { error: execution.error, cause: execution.cause } : {}),
          redriveStatus: 'NOT_REDRIVABLE',
          redriveStatusReason: 'Local mode does not implement redriving executions',
        };
      },
    },
    ListExecutions: {
      write: false,
      authorize: onMachine('states:ListExecutions'),
      run(input, { storage, clock }) {
        const { stateMachineArn, statusFilter, ...paging } = wire.read(listInput, input);
        const { arn } = findMachine(storage, stateMachineArn);
        const all = listExecutions(storage, clock.now()).filter(
          (execution) =>
            execution.stateMachineArn === arn && (statusFilter === undefined || execution.status === statusFilter),
        );
        const { from, to, token } = wire.page(paging, `${arn} ${statusFilter ?? ''}`, all.length, clock.now());
        return { executions: all.slice(from, to).map(summary), ...token };
      },
    },
    GetExecutionHistory: {
      write: false,
      authorize: onExecution('states:GetExecutionHistory'),
      run(input, { storage, clock }) {
        const { executionArn: arn, reverseOrder, includeExecutionData, ...paging } = wire.read(historyInput, input);
        const { events: total } = existing(storage, arn, clock.now());
        const { from, to, token } = wire.page(paging, `${arn} ${reverseOrder}`, total, clock.now());
        const ids = Array.from({ length: to - from }, (_, n) => (reverseOrder ? total - from - n : from + n + 1));
        const events = readEvents(storage, arn, ids).map((event) => eventOnWire(event, includeExecutionData));
        return { events, ...token };
      },
    },
  };
}
