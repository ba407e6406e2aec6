// One deployed function in a process of its own: argv is the folder of its code and the event. Prints what came of it as
// JSON. The network ends here: every connection is refused, and the refusal is what a function that got so far meets.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { pathToFileURL } from 'node:url';

https.request = () => {
  throw Object.assign(new Error('no network in this test'), { name: 'NoNetwork' });
};
const [folder, event] = process.argv.slice(2);
const print = process.stdout.write.bind(process.stdout);
const lines = [];
process.stdout.write = (line) => lines.push(String(line)) > 0;
const context = { awsRequestId: 'by-hand', getRemainingTimeInMillis: () => 50_000 };
const spent = () => process.cpuUsage().user + process.cpuUsage().system;
const begun = spent();
let loaded = begun;
const outcome = await import(pathToFileURL(`${folder}/index.mjs`).href)
  .then(({ handler }) => {
    loaded = spent();
    return handler;
  })
  .then((handler) => handler(JSON.parse(event), context))
  .then(
    (answer) => ({ answer: answer ?? null }),
    (error) => ({ error: error.name, message: error.message }),
  );
const used = {
  importCpuMs: Math.round((loaded - begun) / 1_000),
  eventCpuMs: Math.round((spent() - loaded) / 1_000),
  // Not getrusage's: on Linux that begins with the peak of the process that forked this one.
  peakMb: Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1_024),
};
print(`${JSON.stringify({ ...outcome, lines, used })}\n`);
process.exit(0);
