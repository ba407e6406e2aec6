/** Asked by CloudFormation: may this deployment go on, or would it strand access that was given? */
import { answerGuard, type GuardEvent } from '../src/aws/custom-resource.ts';
import { guardWiring } from '../src/aws/guard-deps.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { logTo } from '../src/aws/runtime.ts';
import { type GuardDeps, guardDeletion, guardUpdate } from '../src/broker/guardDeployment.ts';

/** What it cannot find out it refuses (I8). */
const CANNOT_TELL =
  'Hallpass cannot tell whether access would be left behind. If its table is gone for good, delete the stack with --retain-resources and the name of this resource';

export const build: Build<unknown> = (runtime) => {
  const log = logTo(runtime);
  const wiring = guardWiring(runtime);
  return (event, context) =>
    answerGuard(
      event,
      (asked) => invocationOf(runtime, context, (invocation) => judge(asked, wiring(invocation))),
      CANNOT_TELL,
      log,
    );
};

async function judge({ request, against }: GuardEvent, deps: GuardDeps): Promise<string | undefined> {
  if (against.kind === 'update') return request === 'Update' ? guardUpdate(deps, against.kept) : undefined;
  return request === 'Delete' ? guardDeletion(deps) : undefined;
}

export const handler = lambda(build);
