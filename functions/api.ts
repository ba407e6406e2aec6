/**
 * The HTTP API, and the route of ticket systems. It records requests and decisions; it can neither call EKS nor assume
 * an executor.
 */

import { deployedConfiguration } from '../src/aws/deployed-configuration.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { recordWiring } from '../src/aws/record-deps.ts';
import { answer, type HttpEvent } from '../src/http/app.ts';
import { HANDLERS } from '../src/http/handlers.ts';
import { isTicketHook } from '../src/http/ticket-route.ts';

export const build: Build<HttpEvent> = (runtime) => {
  const wiring = recordWiring(runtime, deployedConfiguration(runtime));
  const webApiId = runtime.env['WEB_API_ID'];
  // Loaded when the first message comes: nobody else waits for it.
  const loading = async () => {
    const [{ answerTicketHook }, { ticketHookWiring }] = await Promise.all([
      import('../src/http/ticket-hook.ts'),
      import('../src/aws/hook-deps.ts'),
    ]);
    return { answerTicketHook, hook: ticketHookWiring(runtime) };
  };
  let loaded: ReturnType<typeof loading> | undefined;
  return (event, context) =>
    invocationOf(runtime, context, async (invocation) => {
      if (!isTicketHook(event.rawPath)) return answer(wiring(invocation), event, { handlers: HANDLERS, webApiId });
      loaded ??= loading();
      const { answerTicketHook, hook } = await loaded;
      return answerTicketHook({ ...wiring(invocation), ...hook(invocation) }, event);
    });
};

export const handler = lambda(build);
