/** The one endpoint of the break-glass function. */
import { type BreakGlassDeps, breakGlass } from '../broker/breakGlass.ts';
import type { BreakGlassInput } from '../core/break-glass.ts';
import { keyReused, problemOf } from './problem.ts';
import type { Handler } from './request.ts';
import { grantView } from './views.ts';

export const BREAK_GLASS_HANDLERS = {
  async breakGlass(deps, caller, { body, idempotencyKey }) {
    const given = Object.entries(body as object).filter(([, value]) => value !== undefined);
    const input = Object.fromEntries(given) as BreakGlassInput;
    const used = await breakGlass(deps, { ...caller, input, ...(idempotencyKey !== undefined && { idempotencyKey }) });
    if (used.ok) return { status: 201, body: grantView(used.value.grant, deps.now()) };
    const { error } = used;
    return { problem: error.reason === 'idempotencyKeyReused' ? keyReused(error) : problemOf(error) };
  },
} as const satisfies Record<string, Handler<BreakGlassDeps>>;
