/** The published schemas of what EventBridge gets, one for each type of event: JSON Schema 2020-12, made from the list of types. */
import { CHANNELS } from '../core/configuration.ts';
import { EVENT_TYPES } from '../core/event.ts';
import { HUB, HUB_EVENT_TYPES } from '../core/hub.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

const ACTOR = {
  description: 'Who did it: a person by the id in the directory and where they did it, or a part of Hallpass.',
  oneOf: [
    {
      type: 'object',
      properties: { person: { type: 'string' }, channel: { enum: [...CHANNELS] } },
      required: ['person', 'channel'],
    },
    { type: 'object', properties: { system: { type: 'string' } }, required: ['system'] },
  ],
};

type Of = { readonly subject: 'grant' | 'hub'; readonly type: string };

/** Of the event's `detail`. Fields may be added; none is removed. */
const eventSchema = ({ subject, type }: Of) => ({
  $schema: DRAFT,
  title: `${subject} ${type}`,
  description: `The detail of events of the source "hallpass" with the detail type "${subject} ${type}".`,
  type: 'object',
  properties: {
    grantId: subject === 'grant' ? { type: 'string', pattern: '^[0-7][0-9a-hjkmnp-tv-z]{25}$' } : { const: HUB },
    n: { type: 'integer', minimum: 1, description: `Its place among the events of the ${subject}.` },
    at: { type: 'string', format: 'date-time' },
    actor: ACTOR,
    type: { const: type },
    hash: { type: 'string', pattern: '^[0-9a-f]{64}$', description: `Of the event in the chain of the ${subject}.` },
    ...(type === 'configurationChanged' && CONFIGURATION),
  },
  required: ['grantId', 'n', 'at', 'actor', 'type', 'hash', ...(type === 'configurationChanged' ? ['now'] : [])],
});

const NAMES = { type: 'array', items: { type: 'string' } };
const IN_FORCE = {
  type: 'object',
  properties: {
    digest: { type: 'string', description: 'Of the configuration, as grants record it.' },
    release: { type: 'string', description: 'Of the code.' },
    since: { type: 'string', format: 'date-time', description: 'When it was first seen to be in force.' },
  },
  required: ['digest', 'release', 'since'],
};
const CONFIGURATION = {
  was: { ...IN_FORCE, description: 'Absent for the first.' },
  now: IN_FORCE,
  changes: {
    description: 'What it comes to; absent for the first, and where the one before cannot be read any more.',
    type: 'object',
    properties: {
      width: { enum: ['same', 'narrower', 'wider'] },
      gain: { type: 'integer', description: 'How many callers gain access.' },
      lose: { type: 'integer', description: 'How many callers lose some.' },
      otherTerms: { type: 'integer', description: 'How many callers get what they have on other terms.' },
      entitlements: {
        type: 'array',
        description: 'The first 40, and of each list the first 20.',
        items: {
          type: 'object',
          properties: {
            entitlement: { type: 'string' },
            cluster: { type: 'string' },
            gained: NAMES,
            lost: NAMES,
            terms: NAMES,
          },
          required: ['entitlement', 'cluster', 'gained', 'lost', 'terms'],
        },
      },
      duties: {
        type: 'array',
        items: {
          type: 'object',
          properties: { duty: { enum: ['responders', 'auditors'] }, gained: NAMES, lost: NAMES },
          required: ['duty', 'gained', 'lost'],
        },
      },
      settings: { ...NAMES, description: 'Other keys of the configuration that differ.' },
      leftOut: { type: 'integer', description: 'How much more there is: `hallpass diff` shows all of it.' },
    },
    required: ['width', 'gain', 'lose', 'otherTerms', 'entitlements', 'duties', 'settings', 'leftOut'],
  },
};

/** File names and texts, in docs/events. */
export const eventSchemaFiles = (): Record<string, string> => {
  const all: readonly Of[] = [
    ...EVENT_TYPES.map((type) => ({ subject: 'grant' as const, type })),
    ...HUB_EVENT_TYPES.map((type) => ({ subject: 'hub' as const, type })),
  ];
  return Object.fromEntries(
    all.map((one) => [`${one.subject}-${one.type}.schema.json`, `${JSON.stringify(eventSchema(one), null, 2)}\n`]),
  );
};
