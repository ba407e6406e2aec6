/** Writes docs/permissions.md of the example, or prints the page of another configuration: --config <path>. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { permissionsPage } from '../infra/permissions-page.ts';
import { CannotDeploy, configurationAt } from '../infra/settings.ts';

try {
  const { config } = parseArgs({ options: { config: { type: 'string' } } }).values;
  const root = new URL('..', import.meta.url).pathname;
  if (config !== undefined) process.stdout.write(permissionsPage(configurationAt(config)));
  else writeFileSync(`${root}docs/permissions.md`, permissionsPage(configurationAt(`${root}hallpass.yaml`)));
} catch (error) {
  if (!(error instanceof CannotDeploy)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
