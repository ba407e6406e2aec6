/** The files of this repository that are made from the example configuration: where each lies, and how it is made. */
import type { Configuration } from '../src/core/configuration.ts';
import { clusterTemplate } from './cluster-template.ts';
import { peopleTemplate } from './people-template.ts';
import { permissionsPage } from './permissions-page.ts';
import { terraformVariables } from './terraform-variables.ts';

/** By path from the root. */
export const COMMITTED: Readonly<Record<string, (config: Configuration) => string>> = {
  'docs/permissions.md': permissionsPage,
  'infra/templates/cluster-account.template.json': (config) => clusterTemplate(config, config.account),
  'infra/templates/permission-set.template.json': peopleTemplate,
  'infra/terraform/cluster-account/example.tfvars.json': (config) => terraformVariables(config, config.account),
};
