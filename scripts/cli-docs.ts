/** Writes docs/cli.md from what the command says of itself. */
import { writeFileSync } from 'node:fs';
import { cliDocumentation } from '../cli/documentation.ts';

writeFileSync(new URL('../docs/cli.md', import.meta.url), await cliDocumentation());
