/** What a handler answers; the server sends it. */
export type Sink = { write(text: string): void; end(): void };

export type Answer =
  | {
      type: 'json';
      code: number;
      body: object /** For the audit log, where the path names no object. */;
      name?: string;
    }
  | { type: 'text'; code: number; body: string }
  /** An answer without an end of its own: `start` begins it, and answers what to do when the client has gone. */
  | { type: 'stream'; start(sink: Sink): () => void };

export const json = (code: number, body: object, name?: string): Answer =>
  name === undefined ? { type: 'json', code, body } : { type: 'json', code, body, name };
export const text = (code: number, body: string): Answer => ({ type: 'text', code, body });
