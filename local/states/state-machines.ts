/**
 * Step Functions on a laptop: Standard state machines in JSONata, durable, by local mode's clock. What of the states
 * language is implemented is written in `definition.ts`; everything else is refused when a machine is created.
 */
import { randomUUID } from 'node:crypto';
import type { Operations } from '../aws-service.ts';
import { executionOperations } from './execution-operations.ts';
import { machineOperations } from './machine-operations.ts';
import { executionRunner, type RunnerOptions } from './runner.ts';
import { taskOperations } from './task-operations.ts';

/** `newId` must not be guessable, for task tokens are made of it; UUIDs unless a test wants them known. */
export type StateMachineOptions = Omit<RunnerOptions, 'newId'> & { newId?: () => string };

export type StateMachines = {
  service: Operations;
  /** To be called once at start: sets every timer again and calls again the functions whose answers were not kept. */
  resume(): Promise<void>;
  close(): void;
};

export function stateMachines({ newId = randomUUID, ...options }: StateMachineOptions): StateMachines {
  const runner = executionRunner({ ...options, newId });
  return {
    service: { ...machineOperations(newId), ...executionOperations(runner, newId), ...taskOperations(runner) },
    resume: async () => runner.resume(),
    close: runner.close,
  };
}
