/** A parent for the tests to kill: starts an engine on the given file, says where, and waits. */
import { startEngine } from '../../local/dynamodb/engine.ts';

const engine = await startEngine({ path: process.argv[2] ?? '' });
console.log(engine.url);
if (process.argv[3] === 'throw') setImmediate(() => Promise.reject(new Error('uncaught')));
setInterval(() => {}, 60_000);
