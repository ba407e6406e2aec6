/** The HTTP API. It records requests and decisions; it can neither call EKS nor assume an executor. */
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { deployedConfiguration, recordWiring } from '../src/aws/record-deps.ts';
import { answer, type HttpEvent } from '../src/http/app.ts';

export const build: Build<HttpEvent> = (runtime) => {
  const wiring = recordWiring(runtime, deployedConfiguration(runtime));
  const webApiId = runtime.env['WEB_API_ID'];
  return (event, context) =>
    invocationOf(runtime, context, (invocation) => answer(wiring(invocation), event, webApiId));
};

export const handler = lambda(build);
