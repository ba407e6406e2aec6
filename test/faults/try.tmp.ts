import { SCENARIOS, runScenario } from './scenario.ts';
import { emptyTally, enumerate } from './enumerate.ts';
const only = process.argv[2];
for (const workflow of [true, false]) for (const s of SCENARIOS) {
  if (only && !`${s.name} ${workflow}`.startsWith(only)) continue;
  const t = performance.now();
  const tally = emptyTally();
  await enumerate(s, workflow, tally);
  console.log(workflow, s.name, tally.cases, ((performance.now()-t)/1000).toFixed(1)+'s', 'violations', tally.violations.length);
  for (const v of tally.violations.slice(0,6)) console.log('   ', v);
  const worst = (m: Map<string,[number,string]>) => [...m].sort((a,b)=>b[1][0]-a[1][0]).slice(0,5).map(([k,[v,n]])=>`${k}: ${v} (${n.split(': ')[1]})`);
  console.log('  after', worst(tally.afterEnd)); console.log('  without', worst(tally.without));
}
