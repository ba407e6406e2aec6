/** The shape of a file of expected verdicts, which `hallpass test` runs: given rules, when somebody asks, expect. */
import * as z from 'zod';
import { CHANNELS } from '../core/configuration.ts';

const text = (description: string) => z.string().min(1).describe(description);
const time = (description: string) => text(`${description}, with its zone: 2026-11-24T18:00:00Z.`);
const person = (description: string) => text(`${description}: the id of a person, or role:NAME.`);
const override = z
  .record(z.string(), z.unknown())
  .describe('Keys of hallpass.yaml that are to be otherwise, such as identities.people.bob.disabled.');

const yes = z.literal(true);

const circumstances = {
  denied: z
    .array(
      z.strictObject({
        person: person('Who was denied it'),
        entitlement: text('Id of the entitlement.'),
        cluster: text('Name of the cluster; any, when left out.').optional(),
        at: time('When'),
      }),
    )
    .optional()
    .describe('Denials by somebody before, for cool-downs.'),
  frozen: z
    .array(
      z.strictObject({
        all: yes.optional().describe('Everything.'),
        cluster: text('What is on a cluster.').optional(),
        entitlement: text('What an entitlement gives.').optional(),
        person: person('What somebody has').optional(),
        allowBreakGlass: z.boolean().default(false).describe('Break-glass stays possible.'),
      }),
    )
    .optional()
    .describe('Freezes that stand, each of one of all, cluster, entitlement and person.'),
  asked: z
    .array(
      z.strictObject({
        person: person('Who has asked before'),
        open: z.int().min(0).default(0).describe('Grants that are open.'),
        lastHour: z.int().min(0).default(0).describe('Requests in the last hour.'),
      }),
    )
    .optional()
    .describe('What somebody has asked for before, for limits.'),
  used: z
    .array(
      z.strictObject({
        person: person('Who broke the glass'),
        entitlement: text('Id of the entitlement.'),
        at: time('When'),
        live: z.boolean().default(false).describe('The access is still there.'),
        reviewed: z.boolean().default(false).describe('Somebody has looked at it.'),
      }),
    )
    .optional()
    .describe('Uses of break-glass before.'),
  onCall: z
    .record(z.string(), z.array(person('Who is on call')))
    .optional()
    .describe('Who is on call, by schedule, in place of asking its server.'),
};

const WhenSchema = z
  .strictObject({
    person: person('Who asks'),
    entitlement: text('Id of the entitlement.'),
    cluster: text('Name of the cluster.').optional(),
    namespaces: z.array(z.string()).optional(),
    duration: text('Such as 45m, 4h or 1h30m.').optional(),
    startAt: time('A later start').optional(),
    justification: z.string().optional(),
    ticket: z.string().optional(),
    at: time('When it is asked for; `given.at` when left out').optional(),
    via: z.enum(CHANNELS).default('cli').describe('How it is asked for.'),
    breakGlass: z
      .union([yes, z.strictObject({ incident: text('The incident, such as INC-4211.') })])
      .optional()
      .describe('The glass is broken: nobody decides, and `justification` is the reason.'),
  })
  .describe('The request.');

const DecisionSchema = z
  .strictObject({
    approve: person('Who says yes').optional(),
    deny: person('Who says no').optional(),
    reason: z.string().default('').describe('Why not. A denial needs one.'),
    via: z.enum(CHANNELS).default('cli').describe('Where it is decided.'),
    after: text('How long after the request; at once when left out.').optional(),
    refused: text('The rule that refuses the decision, such as selfApproval. Left out: it counts.').optional(),
  })
  .describe('One yes or no: either `approve` or `deny`.');

export const VERDICTS = ['allowed', 'waiting', 'granted', 'denied'] as const;
const VERDICT_MEANS =
  '`allowed`: may be asked for. `waiting`: for an approval. `granted`: approved by all who have to, or by rule. `denied`: by somebody.';

const ExpectSchema = z.union([
  z.enum(VERDICTS).describe(VERDICT_MEANS),
  z.strictObject({
    verdict: z.enum(VERDICTS).optional().describe(VERDICT_MEANS),
    refused: text('The rule that refuses the request, such as notEligible.').optional(),
    step: z.int().min(1).optional().describe('The step that it waits for.'),
    approvers: z
      .array(z.string())
      .optional()
      .describe('Ids of exactly those who could approve `step`, or the first step.'),
    duration: text('What it would be granted for.').optional(),
  }),
]);

const TestSchema = z.strictObject({
  name: text('What it shows.'),
  override: override.optional(),
  given: z.strictObject(circumstances).optional().describe('In place of what is given for all tests, key by key.'),
  when: WhenSchema,
  decisions: z.array(DecisionSchema).default([]).describe('One after another.'),
  expect: ExpectSchema,
});

export const TrialFileSchema = z.strictObject({
  given: z.strictObject({
    config: z.string().default('hallpass.yaml').describe('The rules: a file or a folder, from where this file is.'),
    at: time('When everything happens that says nothing else'),
    override: override.optional(),
    ...circumstances,
  }),
  tests: z.array(TestSchema).min(1),
});

export type FileTrials = z.output<typeof TrialFileSchema>;
export type FileTrial = FileTrials['tests'][number];

export const trialJsonSchema = () => ({
  title: 'hallpass test',
  description: 'A file of expected verdicts for `hallpass test`. Made from src/config/trial-schema.ts.',
  ...z.toJSONSchema(TrialFileSchema, { io: 'input', target: 'draft-2020-12' }),
});

export const trialSchemaText = (): string => `${JSON.stringify(trialJsonSchema(), null, 2)}\n`;
