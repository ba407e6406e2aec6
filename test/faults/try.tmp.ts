import { simulate } from './simulation/run.ts';

const [from, to] = process.argv.slice(2).map(Number);
const t0 = performance.now();
let g = 0,
  a = 0,
  f = 0,
  h = 0;
const kinds: Record<string, number[]> = {};
for (let s = from!; s < to!; s++) {
  const o = await simulate(s);
  g += o.grants;
  a += o.activated;
  f += o.faults;
  h += o.hours;
  if (o.violations.length) {
    const k = o.violations[0]!.replace(/[0-9a-z]{26}/g, 'ID')
      .replace(/\d+ s after/, 'N s after')
      .replace(/arn:\S+/, 'ARN');
    (kinds[k] ??= []).push(s);
  }
}
console.log({ g, a, f, h, s: (performance.now() - t0) / 1000 });
console.log(kinds);
