/** Writes docs/hallpass.schema.json. Run it after a change of src/config/schema.ts; a test says when it was forgotten. */
import { writeFileSync } from 'node:fs';
import { configurationSchemaText } from '../src/config/json-schema.ts';

writeFileSync(new URL('../docs/hallpass.schema.json', import.meta.url), configurationSchemaText());
