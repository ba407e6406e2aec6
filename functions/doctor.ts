/** By a route of its own: whether everything that an installation stands on is as it should be. It changes nothing. */

import { deployedConfiguration } from '../src/aws/deployed-configuration.ts';
import { doctorWiring } from '../src/aws/doctor-deps.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { SLACK_API_URL } from '../src/aws/runtime.ts';
import { answer, type HttpEvent } from '../src/http/app.ts';
import { DOCTOR_HANDLERS } from '../src/http/doctor.ts';
import { lookAtSlack } from '../src/slack/look.ts';

export const build: Build<HttpEvent> = (runtime) => {
  const wiring = doctorWiring(runtime, deployedConfiguration(runtime));
  const base = runtime.env[SLACK_API_URL];
  const webApiId = runtime.env['WEB_API_ID'];
  return (event, context) =>
    invocationOf(runtime, context, (invocation) => {
      const deps = wiring(invocation);
      const slack = (secret: string, channels: readonly string[]) => lookAtSlack({ ...deps, base }, secret, channels);
      return answer({ ...deps, slack }, event, { handlers: DOCTOR_HANDLERS, webApiId });
    });
};

export const handler = lambda(build);
