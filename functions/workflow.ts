/** The steps of `statemachines/grant.asl.json`. They are given a grant's id, and ask the table for everything else. */
import { endingWiring } from '../src/aws/access-deps.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { performStep, type StepEvent } from '../src/broker/performStep.ts';

export const build: Build<StepEvent> = (runtime) => {
  const wiring = endingWiring(runtime);
  return (event, context) => invocationOf(runtime, context, (invocation) => performStep(wiring(invocation), event));
};

export const handler = lambda(build);
