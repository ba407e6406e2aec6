/** Writes docs/openapi.json from the endpoints and schemas that the API runs by. */
import { writeFileSync } from 'node:fs';
import { openApiText } from '../src/http/openapi.ts';

writeFileSync(new URL('../docs/openapi.json', import.meta.url), openApiText());
