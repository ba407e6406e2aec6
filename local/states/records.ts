/**
 * Where machines, executions and their histories are kept. A closed execution is forgotten after 90 days, as on AWS:
 * from then on its name is free and its ARN unknown.
 */
import { days, type Instant, plus } from '../../src/core/time.ts';
import type { Storage } from '../storage.ts';
import type { Execution } from './execution.ts';
import type { HistoryEvent } from './history.ts';

export type StateMachine = {
  arn: string;
  name: string;
  definition: string;
  roleArn: string;
  createdAt: Instant;
  revisionId: string;
};

const REMEMBERED = days(90);

export const machinesIn = (storage: Storage) => storage.collection<StateMachine>('states/machine');
const executionsIn = (storage: Storage) => storage.collection<Execution>('states/execution');
const historyIn = (storage: Storage) => storage.collection<HistoryEvent>('states/history');

const forgotten = (execution: Execution, now: Instant): boolean =>
  execution.status !== 'RUNNING' && now >= plus(execution.stoppedAt, REMEMBERED);

export function findExecution(storage: Storage, arn: string, now: Instant): Execution | undefined {
  const execution = executionsIn(storage).get(arn);
  return execution && !forgotten(execution, now) ? execution : undefined;
}

/** All that are remembered, the most recent first. */
export function listExecutions(storage: Storage, now: Instant): Execution[] {
  return executionsIn(storage)
    .list()
    .map(({ value }) => value)
    .filter((execution) => !forgotten(execution, now))
    .sort((a, b) => b.startedAt - a.startedAt || (a.arn < b.arn ? -1 : 1));
}

/** By number, so that a page costs what a page holds and not what the table does. */
const eventKey = (arn: string, id: number): string => `${arn}#${id}`;

/** The events with these ids, in the order given. */
export function readEvents(storage: Storage, arn: string, ids: readonly number[]): HistoryEvent[] {
  const history = historyIn(storage);
  return ids.map((id) => history.get(eventKey(arn, id))).filter((event) => event !== undefined);
}

/** Keeps an execution and what happened to it since, both or neither. */
export function saveExecution(storage: Storage, execution: Execution, events: readonly HistoryEvent[]): void {
  storage.transaction(() => {
    executionsIn(storage).put(execution.arn, execution);
    for (const event of events) historyIn(storage).put(eventKey(execution.arn, event.id), event);
  });
}

/** Makes room for a new execution of the same name once the old one is forgotten. */
export function purgeForgotten(storage: Storage, arn: string, now: Instant): void {
  const old = executionsIn(storage).get(arn);
  if (!old || !forgotten(old, now)) return;
  storage.transaction(() => {
    for (let id = 1; id <= old.events; id++) historyIn(storage).delete(eventKey(arn, id));
    executionsIn(storage).delete(arn);
  });
}
