/** Writes the JSON Schemas of hallpass.yaml and of files of tests into docs/; a test says when that was forgotten. */
import { writeFileSync } from 'node:fs';
import { configurationSchemaText } from '../src/config/json-schema.ts';
import { trialSchemaText } from '../src/config/trial-schema.ts';

writeFileSync(new URL('../docs/hallpass.schema.json', import.meta.url), configurationSchemaText());
writeFileSync(new URL('../docs/hallpass-test.schema.json', import.meta.url), trialSchemaText());
