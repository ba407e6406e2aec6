import { SCENARIOS, runScenario } from '/work/main/test/faults/scenario.ts';
for (const workflow of [true, false]) for (const s of SCENARIOS) {
  const t = performance.now();
  const r = await runScenario(s, new Map(), { workflow });
  console.log(workflow, s.name, r.calls.length, r.violations, r.afterEnd, r.without, (performance.now()-t).toFixed(1)+'ms', [...r.world.tables.grants.values()].map(g=>g.grant.state+':'+((g.grant as any).reason??'')), r.world.alarms.slice(0,3));
}
