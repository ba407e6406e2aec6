/**
 * A state machine's definition: the part of the Amazon States Language that local mode runs, and nothing more.
 * Whatever is not written here (a state type, a field, JSONPath, another resource) is refused when the machine is
 * created or changed, with its path; nothing is ignored silently.
 * https://states-language.net/spec.html
 */
import * as z from 'zod';

const MOST_SECONDS = 99_999_999;
const name = z.string().min(1).max(80);
const seconds = z.int().min(1).max(MOST_SECONDS);
const expression = z.string().regex(/^\{%[\s\S]*%\}$/, "must be a JSONata expression '{% … %}'");
const template = z.unknown();
const assignment = z.record(
  z
    .string()
    .regex(/^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u, 'must be a variable name of at most 80 characters')
    .refine((key) => key !== 'states', "must not be 'states', which is reserved"),
  template,
);

const common = {
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata').optional(),
};
const onward = { Next: name.optional(), End: z.literal(true).optional() };
const results = { Output: template.optional(), Assign: assignment.optional() };

const retrier = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: z.array(z.string().min(1)).min(1),
  IntervalSeconds: seconds.default(1),
  MaxAttempts: z.int().min(0).max(MOST_SECONDS).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: z.int().min(1).max(31_622_400).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
});
const catcher = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: z.array(z.string().min(1)).min(1),
  Next: name,
  ...results,
});

export const INVOKE = 'arn:aws:states:::lambda:invoke';
export const INVOKE_WITH_TOKEN = 'arn:aws:states:::lambda:invoke.waitForTaskToken';

const task = z.strictObject({
  ...common,
  Type: z.literal('Task'),
  ...onward,
  ...results,
  Resource: z.enum([INVOKE, INVOKE_WITH_TOKEN]),
  Arguments: z.strictObject({ FunctionName: z.string().min(1), Payload: template.optional() }),
  TimeoutSeconds: z.union([seconds, expression]).default(MOST_SECONDS),
  HeartbeatSeconds: z.union([seconds, expression]).optional(),
  Retry: z.array(retrier).default([]),
  Catch: z.array(catcher).default([]),
});
const choice = z.strictObject({
  ...common,
  Type: z.literal('Choice'),
  ...results,
  Choices: z
    .array(
      z.strictObject({
        Comment: z.string().optional(),
        Condition: z.union([z.boolean(), expression]),
        Next: name,
        ...results,
      }),
    )
    .min(1),
  Default: name.optional(),
});
const wait = z.strictObject({
  ...common,
  Type: z.literal('Wait'),
  ...onward,
  ...results,
  Seconds: z.union([z.int().min(0).max(MOST_SECONDS), expression]).optional(),
  Timestamp: z.string().optional(),
});
const pass = z.strictObject({ ...common, Type: z.literal('Pass'), ...onward, ...results });
const succeed = z.strictObject({ ...common, Type: z.literal('Succeed'), Output: template.optional() });
const fail = z.strictObject({
  ...common,
  Type: z.literal('Fail'),
  Error: z.string().optional(),
  Cause: z.string().optional(),
});

export const machineSchema = z.strictObject({
  Comment: z.string().optional(),
  Version: z.literal('1.0').optional(),
  QueryLanguage: z.literal('JSONata'),
  StartAt: name,
  States: z.record(name, z.discriminatedUnion('Type', [task, choice, wait, pass, succeed, fail])),
});

export type Machine = z.infer<typeof machineSchema>;
export type State = Machine['States'][string];
export type TaskState = z.infer<typeof task>;
export type ChoiceState = z.infer<typeof choice>;
export type WaitState = z.infer<typeof wait>;
export type Retrier = z.infer<typeof retrier>;
/** The fields that say what a state leaves behind, wherever they stand. */
export type Results = { Output?: unknown; Assign?: Record<string, unknown> | undefined };
