/**
 * Catches: a workflow that carries more than a grant's id (an input would be proof), that can end with access standing
 * and nobody revoking, that dies by a limit of its own, or whose steps no function knows.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './imports.ts';

type Rule = {
  ErrorEquals: string[];
  MaxAttempts?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: string;
  Next?: string;
};
type State = {
  Type: string;
  Resource?: string;
  Arguments?: { FunctionName: string; Payload: Record<string, string> };
  TimeoutSeconds?: number | string;
  Retry?: Rule[];
  Catch?: Rule[];
  Choices?: Rule[];
  Default?: string;
  Next?: string;
  End?: boolean;
};
type Machine = { QueryLanguage: string; StartAt: string; States: Record<string, State>; TimeoutSeconds?: number };

const text = readFileSync(join(ROOT, 'statemachines/grant.asl.json'), 'utf8');
const machine = JSON.parse(text) as Machine;
const states = Object.entries(machine.States);
const tasks = states.filter(([, state]) => state.Type === 'Task');
const WAITING = ['AwaitApproval', 'AwaitStart', 'Hold'];
/** From here on an entry may stand. */
const ACCESS_MAY_STAND = ['Activate', 'Hold', 'Revoke'];

/** The validator comes without types. */
type Validate = (definition: unknown) => { isValid: boolean; errorsText(): string };
const validate: Validate = createRequire(import.meta.url)('asl-validator');

describe('the grant’s workflow', () => {
  test('is valid', () => {
    const { isValid, errorsText } = validate(machine);
    expect(isValid, errorsText()).toBe(true);
  });

  test('speaks JSONata only', () => {
    expect(machine.QueryLanguage).toBe('JSONata');
    const keys = text.match(
      /"(?:QueryLanguage|InputPath|OutputPath|ResultPath|ResultSelector|Parameters|\w+\.\$|\w+Path)"/g,
    );
    expect(keys).toEqual(['"QueryLanguage"']);
    expect(text).not.toMatch(/"\$\.|States\.(Format|JsonMerge|MathAdd)/);
  });

  test('waits only where it can be woken: no Wait, no polling', () => {
    expect(new Set(states.map(([, state]) => state.Type))).toEqual(new Set(['Task']));
    const callbacks = tasks.filter(([, state]) => state.Resource === 'arn:aws:states:::lambda:invoke.waitForTaskToken');
    expect(callbacks.map(([name]) => name)).toEqual(WAITING);
    for (const [name, state] of callbacks)
      expect(state.Arguments?.Payload['token'], name).toBe('{% $states.context.Task.Token %}');
  });

  test('carries the step, the grant’s id and a token, and nothing else', () => {
    for (const [name, { Arguments }] of tasks) {
      const { step, grantId, token, ...more } = Arguments?.Payload ?? {};
      expect(step, name).toBe(name);
      expect(grantId, name).toBe(name === machine.StartAt ? '{% $states.input.grantId %}' : '{% $grantId %}');
      expect(token === undefined, name).toBe(!WAITING.includes(name));
      expect(more, name).toEqual(name === 'Revoke' ? { knowsNotDecided: true } : {});
      expect(Arguments?.FunctionName, name).toMatch(/^\$\{WorkflowFunction\}$/);
    }
    const assigned = new Set(
      [...text.matchAll(/"Assign": \{([^}]*)\}/g)].flatMap(([, body = '']) =>
        [...body.matchAll(/"(\w+)":/g)].map(([, key]) => key),
      ),
    );
    expect(assigned).toEqual(new Set(['grantId', 'seconds']));
  });

  test('I3: whatever goes wrong once access may stand leads to Revoke', () => {
    for (const name of ACCESS_MAY_STAND.filter((one) => one !== 'Revoke')) {
      const last = machine.States[name]?.Catch?.at(-1);
      expect(last, name).toMatchObject({ ErrorEquals: ['States.ALL'], Next: 'Revoke' });
    }
    expect(machine.States['Hold']?.Next).toBe('Revoke');
  });

  test('I3: every way through leads to Revoke, and only Revoke ends it', () => {
    const ways = ([name, state]: (typeof states)[number]): string[] => [
      ...(state.Next ? [state.Next] : []),
      ...(state.Default ? [state.Default] : []),
      ...(state.Catch ?? []).concat(state.Choices ?? []).map((rule) => rule.Next ?? name),
    ];
    expect(states.filter(([, state]) => state.End).map(([name]) => name)).toEqual(['Revoke']);
    for (const entry of states.filter(([name]) => name !== 'Revoke'))
      expect(ways(entry).length, entry[0]).toBeGreaterThan(0);
    for (const [name, state] of tasks.filter(([one]) => one !== 'Revoke'))
      expect(state.Catch?.at(-1)?.ErrorEquals, `${name} fails the execution`).toEqual(['States.ALL']);
  });

  test('whoever ends many comes back at once, and so often only that the history stays short', () => {
    const rules = tasks.flatMap(([name, { Retry = [] }]) => Retry.map((rule) => [name, rule] as const));
    const draining = rules.filter(([, rule]) => rule.ErrorEquals.includes('Draining'));
    expect(draining).toEqual([
      ['Revoke', { ErrorEquals: ['Draining'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 100 }],
    ]);
  });

  test('a throttle is tried again before anything is caught; a time-out is not', () => {
    for (const [name, state] of tasks) {
      const everything = state.Retry?.at(-1);
      expect(everything?.ErrorEquals, name).toEqual(['States.ALL']);
      expect(everything?.MaxAttempts, name).toBeGreaterThanOrEqual(4);
      expect(everything?.MaxAttempts, name).toBeLessThanOrEqual(10);
      expect(everything?.JitterStrategy, name).toBe('FULL');
      expect(everything?.MaxDelaySeconds, name).toBeLessThanOrEqual(120);
      for (const rule of state.Retry?.slice(0, -1).filter(({ ErrorEquals }) => ErrorEquals[0] !== 'Draining') ?? [])
        expect(rule.MaxAttempts, `${name} ${rule.ErrorEquals}`).toBe(0);
      if (WAITING.includes(name))
        expect(state.Retry?.[0], name).toEqual({ ErrorEquals: ['States.Timeout'], MaxAttempts: 0 });
    }
  });

  test('waits as long as the table says, and never for ever', () => {
    expect(machine).not.toHaveProperty('TimeoutSeconds');
    for (const name of WAITING.filter((one) => one !== machine.StartAt))
      expect(machine.States[name]?.TimeoutSeconds, name).toBe('{% $max([1, $ceil($seconds)]) %}');
    // The first asks nothing before it waits: it is told the request's window.
    expect(machine.States[machine.StartAt]?.TimeoutSeconds).toBe(
      '{% $max([1, $ceil($exists($states.input.seconds) ? $states.input.seconds : 28800)]) %}',
    );
    for (const [name, state] of tasks.filter(([one]) => !WAITING.includes(one))) {
      expect(state.Resource, name).toBe('arn:aws:states:::lambda:invoke');
      // A function runs for 60 s at most: what takes longer was lost.
      expect(state.TimeoutSeconds, name).toBe(70);
    }
  });
});
