/** Entitlements and grants for completion. Whoever presses TAB wants no message and no waiting: no answer, no words. */
import type { Api } from '../api/client.ts';
import type { Lookup } from './candidates.ts';

const ENOUGH = '50';

export const lookupIn =
  (connect: () => Promise<Api>): Lookup =>
  async (argument) => {
    try {
      return await valuesOf(argument, connect);
    } catch {
      return [];
    }
  };

async function valuesOf(argument: string, connect: () => Promise<Api>): Promise<string[]> {
  if (argument === 'entitlement') {
    const { value } = await (await connect())('listEntitlements', 200, {});
    return value.entitlements.map(({ id }) => id);
  }
  if (argument === 'grant') {
    const { value } = await (await connect())('listGrants', 200, { query: { view: 'all', limit: ENOUGH } });
    return value.grants.map(({ id }) => id);
  }
  return [];
}
