/**
 * The configuration as it is deployed: JSON beside the functions' code. Functions read it at every cold start, so nothing
 * is checked here but that it is whole and of this release's format; `read.ts` has checked it before it was deployed.
 */
import { digestOf, type Sha256 } from '../core/canonical.ts';
import type { Configuration } from '../core/configuration.ts';

/** Counted up when the shape of `Configuration` changes: code and configuration of two releases do not mix. */
const FORMAT = 2;

export const deployedConfiguration = (configuration: Configuration): string =>
  JSON.stringify({ format: FORMAT, configuration });

/** Throws `Error` when the text is not what `deployedConfiguration` of this release made: nothing can be decided then. */
export function parseDeployedConfiguration(json: string, sha256: Sha256): Configuration {
  const { format, configuration } = JSON.parse(json) as { format?: unknown; configuration?: Configuration };
  if (format !== FORMAT || !configuration)
    throw new Error(
      `the deployed configuration has format ${String(format)}, and this code reads ${FORMAT}; deploy again`,
    );
  const { digest, ...content } = configuration;
  if (digestOf(content, sha256) !== digest)
    throw new Error(
      'the deployed configuration does not match its digest: it was changed after it was made; deploy again',
    );
  return configuration;
}
