/** Break-glass, by a route of its own: the one function that people reach and that may act in a cluster's account. */
import { breakGlassWiring } from '../src/aws/break-glass-deps.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { answer, type HttpEvent } from '../src/http/app.ts';
import { BREAK_GLASS_HANDLERS } from '../src/http/break-glass-handlers.ts';

export const build: Build<HttpEvent> = (runtime) => {
  const wiring = breakGlassWiring(runtime);
  const webApiId = runtime.env['WEB_API_ID'];
  return (event, context) =>
    invocationOf(runtime, context, (invocation) =>
      answer(wiring(invocation), event, { handlers: BREAK_GLASS_HANDLERS, webApiId }),
    );
};

export const handler = lambda(build);
