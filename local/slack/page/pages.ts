import type { Pages } from '../server.ts';
export const pages =
  (_deps: unknown): Pages =>
  () =>
    Promise.resolve(false);
