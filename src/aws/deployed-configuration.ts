/** The configuration beside the code. By itself, so that a function that only reads it loads nothing else. */
import { readFileSync } from 'node:fs';
import { parseDeployedConfiguration } from '../config/load.ts';
import type { Configuration } from '../core/configuration.ts';
import { type Runtime, required, sha256 } from './runtime.ts';

/** The configuration deployed with the code, read when it is first asked for and never on a path that ends access. */
export function deployedConfiguration(runtime: Runtime): () => Configuration {
  let config: Configuration | undefined;
  return () => {
    config ??= parseDeployedConfiguration(readFileSync(required(runtime, 'HALLPASS_CONFIG'), 'utf8'), sha256);
    return config;
  };
}
