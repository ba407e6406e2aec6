/** The permission set as one CloudFormation template: where Identity Center is administered there is often no bootstrap. */
import { App, BootstraplessSynthesizer, type IStackSynthesizer } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Configuration } from '../src/core/configuration.ts';
import { PeopleStack } from './people-stack.ts';

/** JSON text. */
export function peopleTemplate(config: Configuration): string {
  const stack = new PeopleStack(new App({ analyticsReporting: false }), 'people', {
    synthesizer: new BootstraplessSynthesizer() as IStackSynthesizer,
    description: `Hallpass ${config.hub}: the permission set through which people come.`,
    config,
  });
  return `${JSON.stringify(Template.fromStack(stack).toJSON(), null, 2)}\n`;
}
