/** As much of autocannon as is used here; it ships no types. */
declare module 'autocannon' {
  type Options = {
    readonly url: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
  };
  type Histogram = { readonly p50: number; readonly p99: number; readonly average: number; readonly total: number };
  type Result = {
    readonly requests: Histogram;
    readonly latency: Histogram;
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
  };
  const autocannon: (options: Options) => Promise<Result>;
  export = autocannon;
}
