/** The published schemas of what EventBridge gets, one for each type of event: JSON Schema 2020-12, made from the list of types. */
import { CHANNELS } from '../core/configuration.ts';
import { EVENT_TYPES } from '../core/event.ts';

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

/** Of the event's `detail`. Fields may be added; none is removed. */
const eventSchema = (type: string) => ({
  $schema: DRAFT,
  title: `grant ${type}`,
  description: `The detail of events of the source "hallpass" with the detail type "grant ${type}".`,
  type: 'object',
  properties: {
    grantId: { type: 'string', pattern: '^[0-7][0-9a-hjkmnp-tv-z]{25}$' },
    n: { type: 'integer', minimum: 1, description: 'Its place among the events of the grant.' },
    at: { type: 'string', format: 'date-time' },
    actor: ACTOR,
    type: { const: type },
    hash: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'Of the event in the chain of the grant.' },
  },
  required: ['grantId', 'n', 'at', 'actor', 'type', 'hash'],
});

/** File names and texts, in docs/events. */
export const eventSchemaFiles = (): Record<string, string> =>
  Object.fromEntries(
    EVENT_TYPES.map((type) => [`grant-${type}.schema.json`, `${JSON.stringify(eventSchema(type), null, 2)}\n`]),
  );
