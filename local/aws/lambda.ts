/**
 * Simulated Lambda control plane: GetAccountSettings, the one operation that the product calls. Functions are run by
 * `local/lambda`, and nobody invokes them by this API.
 *
 * Authority: https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
 */
import type { Operations } from '../aws-service.ts';

/** What an account has by default: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const CONCURRENT_EXECUTIONS = 1_000;

export const lambdaOperations: Operations = {
  GetAccountSettings: {
    write: false,
    authorize: () => ({ action: 'lambda:GetAccountSettings', resource: '*' }),
    run: () => ({
      AccountLimit: {
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: CONCURRENT_EXECUTIONS,
        TotalCodeSize: 80_530_636_800,
        UnreservedConcurrentExecutions: CONCURRENT_EXECUTIONS,
      },
      AccountUsage: { FunctionCount: 0, TotalCodeSize: 0 },
    }),
  },
};
