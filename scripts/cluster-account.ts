/**
 * Prints what an account with clusters needs, for those who do not deploy it with CDK:
 *   npm run template -- <account> [--terraform] [--config hallpass.yaml] [--organization o-…]
 *   npm run template -- people
 */
import { parseArgs } from 'node:util';
import { clusterTemplate } from '../infra/cluster-template.ts';
import { peopleTemplate } from '../infra/people-template.ts';
import { CannotDeploy, configurationAt } from '../infra/settings.ts';
import { terraformVariables } from '../infra/terraform-variables.ts';

const USAGE =
  'Usage: npm run --silent template -- <account>|people [--terraform] [--config <path>] [--organization <id>]';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      terraform: { type: 'boolean', default: false },
      config: { type: 'string', default: 'hallpass.yaml' },
      organization: { type: 'string' },
    },
  });
  const [what, ...more] = positionals;
  if (what === undefined || more.length > 0) throw new CannotDeploy(USAGE);
  const config = configurationAt(values.config);
  const options = values.organization === undefined ? {} : { organization: values.organization };
  const text =
    what === 'people'
      ? peopleTemplate(config)
      : (values.terraform ? terraformVariables : clusterTemplate)(config, what, options);
  process.stdout.write(text);
} catch (error) {
  if (!(error instanceof CannotDeploy) && !(error instanceof TypeError)) throw error;
  const { name, message } = error;
  console.error(name === 'CannotDeploy' ? message : `${message}\n${USAGE}`);
  process.exitCode = 1;
}
