/**
 * Catches a sweep that costs what is stored instead of what is due: one that scans, reads what is not due, or asks the
 * index again for each grant. Nothing is timed; requests to the table are counted, and what its answers hold.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StoredTable, type Tick, tableWith } from '../../bench/stored.ts';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';

const DUE = 20;
let engine: Engine;
let few: StoredTable;
let many: StoredTable;
beforeAll(async () => {
  engine = await startEngine();
  few = await tableWith(engine, 100, () => {});
  many = await tableWith(engine, 3_000, () => {});
}, 60_000);
afterAll(() => engine.close());

const counted = ({ requests, kilobytes }: Tick) => ({ requests, kilobytes: Math.round(kilobytes) });

describe('a sweep', () => {
  it('that finds nothing due asks once', async () => {
    expect((await many.tick(0)).requests).toEqual({ Query: 1 });
  });

  it('does the same for what is due, whatever is stored', async () => {
    const [of100, of3000] = [await few.tick(DUE), await many.tick(DUE)];
    expect(of3000.swept.done).toBe(DUE);
    expect(counted(of3000)).toEqual(counted(of100));
    // One look at the index; each is read, changed, and read once more: is anything else due?
    expect(of3000.requests).toEqual({ Query: 1 + 2 * DUE, TransactWriteItems: DUE });
  });
});
