/** What responders are shown: freezes, orders to end, how the hub stands. */
import * as z from 'zod/mini';
import { time } from './fields.ts';
import { GrantView } from './schemas.ts';

const Freeze = z.object({
  what: z.string(),
  by: z.string(),
  reason: z.string(),
  since: time('Since when'),
  breakGlass: z.boolean(),
});

const Order = z.object({
  id: z.string(),
  what: z.string(),
  by: z.string(),
  note: z.optional(z.string()),
  since: time('What there was then is ended'),
});

export const HubView = z.object({
  hub: z.string(),
  configuration: z.optional(
    z
      .object({
        digest: z.string().check(z.describe('As grants record it')),
        release: z.string().check(z.describe('Of the code')),
        since: time('When it was first seen to be in force'),
      })
      .check(z.describe('Which rules decide; absent until the first sweep')),
  ),
  freezes: z.array(Freeze),
  orders: z
    .array(
      z.extend(Order, {
        open: z.optional(z.number().check(z.describe('Still to be turned towards their end'))),
        ending: z.optional(z.number().check(z.describe('On the way out'))),
      }),
    )
    .check(z.describe('Orders to end that are being carried out; with how far, for responders and auditors')),
  remaining: z.optional(
    z
      .object({
        coming: z.number(),
        live: z.number(),
        ending: z.number(),
        aftercare: z.number().check(z.describe('Over, and still looked back at')),
        grants: z.array(GrantView).check(z.describe('The first 100 that are not over')),
      })
      .check(z.describe('For responders and auditors')),
  ),
});
export type HubView = z.infer<typeof HubView>;

export const EndedView = z.object({
  order: Order,
  ended: z.number().check(z.describe('Turned towards their end by this call')),
  ending: z.number().check(z.describe('Were on the way out already')),
  left: z.number().check(z.describe('Not reached in the time there was: the sweeper goes on, every minute')),
  grants: z
    .array(z.object({ id: z.string(), requester: z.string(), was: z.string() }))
    .check(z.describe('The first 200 of those that were ended')),
});
export type EndedView = z.infer<typeof EndedView>;
