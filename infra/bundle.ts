/** The code of a function as it is deployed: its bundle, with the configuration beside it where it needs one. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { deployedConfiguration } from '../src/config/load.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { CannotDeploy } from './settings.ts';

/** Lambda unpacks a function's code here. */
const CODE_ROOT = '/var/task';
const CONFIG_FILE = 'config.json';
export const CONFIG_PATH = `${CODE_ROOT}/${CONFIG_FILE}`;

/** Throws `CannotDeploy` if there is no bundle. */
export const plainCode = (bundles: string, name: string): Code => Code.fromAsset(folderOf(bundles, name));

/**
 * One asset of code and configuration, so that no function ever runs the one with another's. `staging`: where the two
 * are put together.
 */
export function configuredCode(bundles: string, name: string, config: Configuration, staging: string): Code {
  const from = folderOf(bundles, name);
  const to = join(staging, name);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  cpSync(from, to, { recursive: true });
  writeFileSync(join(to, CONFIG_FILE), deployedConfiguration(config));
  return Code.fromAsset(to);
}

function folderOf(bundles: string, name: string): string {
  const folder = join(bundles, name);
  if (!existsSync(join(folder, 'index.mjs')))
    throw new CannotDeploy(`There is no ${join(folder, 'index.mjs')}. Make the bundles first: npm run bundle`);
  return folder;
}
