import { simulate } from './simulation/run.ts';

const o = await simulate(Number(process.argv[2]));
console.log(o.history.slice(-18).join('\n'));
console.log(o.violations, o.faults);
console.log([...o.struck].slice(-12));
