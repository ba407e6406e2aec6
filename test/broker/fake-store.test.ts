/** The fake world's store against the contract: would catch a fake that is kinder than the table. */
import { describeStore } from '../store/contract.ts';
import { emptyTables, storeInMemory } from './fake-store.ts';

describeStore('in memory', async () => {
  const tables = emptyTables();
  return { store: storeInMemory(tables, 'table-1'), another: storeInMemory(tables, 'table-1'), tableId: 'table-1' };
});
