/**
 * Writes what is made from the example configuration (templates, Terraform variables, docs/permissions.md). With
 * `--config <path>` it prints the page of permissions of another one.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { COMMITTED } from '../infra/committed.ts';
import { permissionsPage } from '../infra/permissions-page.ts';
import { CannotDeploy, configurationAt } from '../infra/settings.ts';

try {
  const { config } = parseArgs({ options: { config: { type: 'string' } } }).values;
  const root = new URL('..', import.meta.url).pathname;
  if (config !== undefined) process.stdout.write(permissionsPage(configurationAt(config)));
  else
    for (const [path, make] of Object.entries(COMMITTED))
      writeFileSync(`${root}${path}`, make(configurationAt(`${root}hallpass.yaml`)));
} catch (error) {
  if (!(error instanceof CannotDeploy)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
