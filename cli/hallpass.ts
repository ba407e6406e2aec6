#!/usr/bin/env node
import { systemIo } from './io.ts';
import { main } from './main.ts';

const interrupted = new AbortController();
// The second Ctrl-C is not ours to catch.
process.once('SIGINT', () => interrupted.abort());
// `hallpass grants 2>&1 | head` closes the pipe early, and that is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

process.exitCode = await main(process.argv.slice(2), systemIo(interrupted.signal));
