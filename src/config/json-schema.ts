/** The schema of hallpass.yaml as JSON Schema (draft 2020-12), for editors. */
import * as z from 'zod';
import { FileSchema } from './schema.ts';

/** What people write, not what is made of it: keys with a default may be left out. */
export const configurationJsonSchema = () => ({
  title: 'hallpass.yaml',
  description: 'The configuration of a Hallpass hub. Made from src/config/schema.ts by scripts/config-schema.ts.',
  ...z.toJSONSchema(FileSchema, { io: 'input', target: 'draft-2020-12' }),
});

export const configurationSchemaText = (): string => `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`;
