/**
 * Who stands in for whom just now. Catches a delegation of the configuration that is lost beside one made at run time, rules
 * that change in the middle of a decision, and a table that is asked for what nobody delegated.
 */
import { describe, expect, test } from 'vitest';
import { rulesFor, rulesInForce, underRulesInForce } from '../../src/broker/delegations.ts';
import type { Configuration, Delegation } from '../../src/core/configuration.ts';
import type { Approval } from '../../src/core/grant.ts';
import { at, CONFIG } from '../core/fixtures.ts';

const lends = (from: string): Delegation => ({ id: from, from, to: ['dan'], starts: at(0), ends: at(60) });
const [WRITTEN, MADE] = [lends('bob'), lends('cyd')];
const rules = (made: readonly Delegation[], written: Configuration = CONFIG) => {
  const asked = { config: 0, delegations: 0 };
  return {
    asked,
    config: () => {
      asked.config++;
      return written;
    },
    delegations: {
      read: async () => {
        asked.delegations++;
        return made;
      },
    } as never,
  };
};
const approval = (more: Partial<Approval> = {}): Approval => ({
  ...{ personId: 'dan', name: 'Dan', step: 1, channel: 'cli', at: at(5) },
  ...more,
});
const FOR_BOB = approval({ onBehalfOf: { personId: 'bob', name: 'Bob', delegation: 'bob' } });

describe('the rules in force', () => {
  test.each<[string, readonly Delegation[] | undefined, readonly Delegation[], readonly Delegation[] | undefined]>([
    ['nothing delegated at all', undefined, [], undefined],
    ['in the configuration alone', [WRITTEN], [], [WRITTEN]],
    ['at run time alone', undefined, [MADE], [MADE]],
    ['both', [WRITTEN], [MADE], [WRITTEN, MADE]],
  ])('%s', async (_what, written, made, wanted) => {
    const config = { ...CONFIG, ...(written && { delegations: written }) };
    expect(await rulesInForce(rules(made, config))).toStrictEqual({
      ...CONFIG,
      ...(wanted && { delegations: wanted }),
    });
  });

  test('stay the same for one use case, which keeps all else that it was given', async () => {
    const deps = { ...rules([MADE]), other: 7 };
    const under = await underRulesInForce(deps);
    expect(under.config()).toBe(under.config());
    expect(under.config().delegations).toEqual([MADE]);
    expect([under.other, deps.asked]).toEqual([7, { config: 1, delegations: 1 }]);
  });

  test.each<[string, readonly Approval[], number]>([
    ['nobody approved', [], 0],
    ['each for themself', [approval(), approval()], 0],
    ['one in another’s place', [approval(), FOR_BOB], 1],
  ])('for what is on record they are looked up only where an approval hangs on them: %s', async (_what, all, times) => {
    const deps = rules([MADE]);
    const found = await rulesFor(deps, all);
    expect([found.delegations, deps.asked.delegations]).toEqual([times > 0 ? [MADE] : undefined, times]);
  });
});
