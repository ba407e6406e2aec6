/** Writes docs/events: the schemas of the events on EventBridge. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { eventSchemaFiles } from '../src/aws/event-schemas.ts';

const folder = new URL('../docs/events/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(eventSchemaFiles())) writeFileSync(new URL(name, folder), text);
