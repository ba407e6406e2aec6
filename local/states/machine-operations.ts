/** CreateStateMachine, UpdateStateMachine, DescribeStateMachine, ListStateMachines. */
import * as z from 'zod';
import { type AccessRequest, AwsError, type Input, type Operations } from '../aws-service.ts';
import type { Storage } from '../storage.ts';
import { machinesIn, type StateMachine } from './records.ts';
import { stateMachineAlreadyExists, stateMachineDoesNotExist } from './refusals.ts';
import { InvalidDefinition, parseMachine } from './validation.ts';
import { checkMachineArn, checkName, epochSeconds, machineArn, page, pageMembers, read } from './wire.ts';

const createInput = z.strictObject({
  name: z.string(),
  definition: z.string().min(1).max(1_048_576),
  roleArn: z.string(),
  type: z.enum(['STANDARD', 'EXPRESS']).optional(),
});
const updateInput = z.strictObject({
  stateMachineArn: z.string(),
  definition: z.string().min(1).max(1_048_576).optional(),
  roleArn: z.string().optional(),
});
const describeInput = z.strictObject({ stateMachineArn: z.string() });
const listInput = z.strictObject(pageMembers);

const passRole = (roleArn: unknown): AccessRequest => ({ action: 'iam:PassRole', resource: String(roleArn) });
const onMachine = (action: string) => (input: Input) => ({ action, resource: String(input['stateMachineArn']) });

/** Refuses, in the API's words, what cannot be run. */
function checkDefinition(definition: string): string {
  try {
    parseMachine(definition);
    return definition;
  } catch (error) {
    if (error instanceof InvalidDefinition) throw new AwsError('InvalidDefinition', 400, error.message);
    throw error;
  }
}

export function findMachine(storage: Storage, arn: string): StateMachine {
  const machine = machinesIn(storage).get(checkMachineArn(arn));
  if (!machine) throw stateMachineDoesNotExist(arn);
  return machine;
}

export function machineOperations(newId: () => string): Operations {
  return {
    CreateStateMachine: {
      write: true,
      authorize: (input, context) => [
        { action: 'states:CreateStateMachine', resource: machineArn(context, String(input['name'])) },
        passRole(input['roleArn']),
      ],
      run(input, context) {
        const { name, definition, roleArn, type } = read(createInput, input);
        if (type === 'EXPRESS') {
          throw new AwsError('StateMachineTypeNotSupported', 400, 'local mode runs STANDARD state machines only');
        }
        const arn = machineArn(context, checkName(name));
        checkDefinition(definition);
        const machines = machinesIn(context.storage);
        const old = machines.get(arn);
        // Idempotent by definition; a different role is ignored, as on AWS.
        if (old && old.definition !== definition) throw stateMachineAlreadyExists(arn);
        const machine = old ?? { arn, name, definition, roleArn, createdAt: context.clock.now(), revisionId: newId() };
        machines.put(arn, machine);
        return { stateMachineArn: arn, creationDate: epochSeconds(machine.createdAt) };
      },
    },
    UpdateStateMachine: {
      write: true,
      authorize: (input) => [
        onMachine('states:UpdateStateMachine')(input),
        ...(input['roleArn'] === undefined ? [] : [passRole(input['roleArn'])]),
      ],
      run(input, { storage, clock }) {
        const { stateMachineArn, definition, roleArn } = read(updateInput, input);
        const machine = findMachine(storage, stateMachineArn);
        if (definition === undefined && roleArn === undefined) {
          throw new AwsError('MissingRequiredParameter', 400, 'Either the definition or the roleArn must be given');
        }
        const changed = {
          ...machine,
          ...(definition === undefined ? {} : { definition: checkDefinition(definition) }),
          ...(roleArn === undefined ? {} : { roleArn }),
          revisionId: newId(),
        };
        machinesIn(storage).put(machine.arn, changed);
        return { updateDate: epochSeconds(clock.now()), revisionId: changed.revisionId };
      },
    },
    DescribeStateMachine: {
      write: false,
      authorize: onMachine('states:DescribeStateMachine'),
      run(input, { storage }) {
        const machine = findMachine(storage, read(describeInput, input).stateMachineArn);
        return {
          stateMachineArn: machine.arn,
          name: machine.name,
          status: 'ACTIVE',
          definition: machine.definition,
          roleArn: machine.roleArn,
          type: 'STANDARD',
          creationDate: epochSeconds(machine.createdAt),
          loggingConfiguration: { level: 'OFF', includeExecutionData: false },
          tracingConfiguration: { enabled: false },
          revisionId: machine.revisionId,
        };
      },
    },
    ListStateMachines: {
      write: false,
      authorize: () => ({ action: 'states:ListStateMachines', resource: '*' }),
      run(input, context) {
        const prefix = machineArn(context, '');
        const all = machinesIn(context.storage).list(prefix);
        const { from, to, token } = page(read(listInput, input), prefix, all.length, context.clock.now());
        const stateMachines = all.slice(from, to).map(({ value }) => ({
          stateMachineArn: value.arn,
          name: value.name,
          type: 'STANDARD',
          creationDate: epochSeconds(value.createdAt),
        }));
        return { stateMachines, ...token };
      },
    },
  };
}
