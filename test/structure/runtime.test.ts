/** Catches deployed code that talks to something other than AWS because a variable told it to. */
import { describe, expect, test } from 'vitest';
import { lambda } from '../../src/aws/lambda.ts';
import { lambdaRuntime, Misconfigured, required } from '../../src/aws/runtime.ts';

describe('a deployed function refuses to start', () => {
  test.each([
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' },
    { AWS_ENDPOINT_URL_EKS: 'https://example.com' },
    { AWS_ENDPOINT_URL_DYNAMODB: 'https://example.com', AWS_REGION: 'eu-west-1' },
    { AWS_ENDPOINT_URL_S3: '' },
    { AWS_ENDPOINT_URL: undefined },
  ])('with %j', (env) => {
    expect(() => lambdaRuntime(env)).toThrow(Misconfigured);
    expect(() => lambdaRuntime(env)).toThrow('AWS_ENDPOINT_URL');
  });

  test('and starts without', () => {
    const runtime = lambdaRuntime({ AWS_REGION: 'eu-west-1' });
    expect(runtime.callTimeout).toBe(5_000);
    expect(runtime.random(10)).toHaveLength(10);
    for (const attempt of [1, 2]) expect(runtime.retryDelay(attempt)).toBeLessThan(100 * 2 ** attempt);
    expect(() => required(runtime, 'TABLE_NAME')).toThrow('TABLE_NAME is not set');
    expect(required(runtime, 'AWS_REGION')).toBe('eu-west-1');
  });

  test('at its first event, before it is built', async () => {
    process.env['AWS_ENDPOINT_URL_STS'] = 'http://127.0.0.1:1';
    try {
      let built = false;
      const handler = lambda(() => {
        built = true;
        return async () => {};
      });
      await expect(handler({}, { awsRequestId: 'x', getRemainingTimeInMillis: () => 1_000 })).rejects.toThrow(
        Misconfigured,
      );
      expect(built).toBe(false);
    } finally {
      delete process.env['AWS_ENDPOINT_URL_STS'];
    }
  });
});
