/** `cdk synth` and `cdk deploy` run this. What is wrong is said in one message, and nothing is synthesised. */
import { App } from 'aws-cdk-lib';
import { buildStacks } from './build.ts';
import { checkWithNag } from './nag.ts';
import { CannotDeploy, configurationAt, settingsOf } from './settings.ts';

try {
  const app = new App();
  const settings = settingsOf(app.node);
  buildStacks(app, configurationAt(settings.config), { ...settings, staging: 'dist/deploy' });
  checkWithNag(app);
} catch (error) {
  if (!(error instanceof CannotDeploy)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
