/** Would catch: a definition of which local mode silently ignores a part, so that it runs otherwise on AWS. */
import { expect, test } from 'vitest';
import { parseMachine } from '../../local/states/validation.ts';
import { callback, pass, task } from './harness.ts';

const refusal = (definition: unknown): string => {
  try {
    parseMachine(typeof definition === 'string' ? definition : JSON.stringify(definition));
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
const state = (fields: object, more: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'S',
  States: { S: fields, ...more },
});
const end = { E: { Type: 'Succeed' } };

test('what it implements is accepted', () => {
  expect(refusal(task())).toBe('accepted');
  expect(refusal(callback())).toBe('accepted');
  expect(refusal(pass({ a: '{% $states.input.items[value > 3].{"k": name} %}' }))).toBe('accepted');
  expect(refusal(pass('{% $map($states.input.a, function($v) { $v.b }) %}'))).toBe('accepted');
});

test.each<[string, unknown, string]>([
  ['no JSON', '{', 'not JSON'],
  [
    'JSONPath by default',
    { StartAt: 'S', States: { S: { Type: 'Pass', End: true } } },
    '/QueryLanguage: local mode runs JSONata',
  ],
  ['JSONPath for one state', state({ Type: 'Pass', QueryLanguage: 'JSONPath', End: true }), '/States/S/QueryLanguage:'],
  [
    'a machine-level TimeoutSeconds',
    { ...state({ Type: 'Pass', End: true }), TimeoutSeconds: 5 },
    '/TimeoutSeconds: local',
  ],
  ['Parallel', state({ Type: 'Parallel', Branches: [], End: true }), '/States/S/Type: local mode runs Task, Choice'],
  ['Map', state({ Type: 'Map', End: true }), '/States/S/Type:'],
  [
    'InputPath',
    state({ Type: 'Pass', InputPath: '$.a', End: true }),
    '/States/S/InputPath: local mode does not implement',
  ],
  ['Result', state({ Type: 'Pass', Result: 1, End: true }), '/States/S/Result:'],
  ['ResultPath', task({ ResultPath: '$.x' }), '/States/Do/ResultPath:'],
  ['Parameters', task({ Parameters: {} }), '/States/Do/Parameters:'],
  ['Credentials', task({ Credentials: {} }), '/States/Do/Credentials:'],
  ['TimeoutSecondsPath', task({ TimeoutSecondsPath: '$.t' }), '/States/Do/TimeoutSecondsPath:'],
  ['another resource', task({ Resource: 'arn:aws:states:::sqs:sendMessage' }), '/States/Do/Resource:'],
  ['a function’s ARN as resource', task({ Resource: 'arn:aws:lambda:eu-west-1:1:function:f' }), '/States/Do/Resource:'],
  ['an activity', task({ Resource: 'arn:aws:states:eu-west-1:1:activity:a' }), '/States/Do/Resource:'],
  [
    'other arguments of Invoke',
    task({ Arguments: { FunctionName: 'f', InvocationType: 'Event' } }),
    '/States/Do/Arguments/InvocationType:',
  ],
  ['arguments without a function', task({ Arguments: { Payload: 1 } }), '/States/Do/Arguments/FunctionName:'],
  ['arguments as one expression', task({ Arguments: '{% $states.input %}' }), '/States/Do/Arguments:'],
  ['TimeoutSeconds 0', task({ TimeoutSeconds: 0 }), '/States/Do/TimeoutSeconds:'],
  ['TimeoutSeconds in words', task({ TimeoutSeconds: '60' }), '/States/Do/TimeoutSeconds:'],
  ['a heartbeat without a token', task({ HeartbeatSeconds: 5 }), '/States/Do/HeartbeatSeconds: local mode implements'],
  ['a heartbeat longer than the timeout', callback({ HeartbeatSeconds: 9, TimeoutSeconds: 9 }), 'must be smaller than'],
  ['a field of Retry', task({ Retry: [{ ErrorEquals: ['E'], Delay: 1 }] }), '/States/Do/Retry/0/Delay:'],
  [
    'BackoffRate below 1',
    task({ Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] }),
    '/States/Do/Retry/0/BackoffRate:',
  ],
  ['an unknown jitter', task({ Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'HALF' }] }), '/JitterStrategy:'],
  ['no error names', task({ Retry: [{ ErrorEquals: [] }] }), '/States/Do/Retry/0/ErrorEquals:'],
  ['States.ALL in company', task({ Retry: [{ ErrorEquals: ['States.ALL', 'E'] }] }), 'States.ALL must stand alone'],
  [
    'States.ALL before others',
    task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] }),
    '/States/Do/Retry[0]: States.ALL must come last',
  ],
  [
    'a Catch that leads nowhere',
    task({ Catch: [{ ErrorEquals: ['E'], Next: 'X' }] }),
    "/States/Do/Catch[0]/Next: there is no state 'X'",
  ],
  [
    'ResultPath in Catch',
    task({ Catch: [{ ErrorEquals: ['E'], Next: 'Do', ResultPath: '$' }] }),
    '/States/Do/Catch/0/ResultPath:',
  ],
  ['Retry on a Pass', state({ Type: 'Pass', Retry: [], End: true }), '/States/S/Retry:'],
  [
    'a Choice by Variable',
    state({ Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'E' }] }, end),
    '/States/S/Choices/0/Variable:',
  ],
  [
    'a condition that is plain text',
    state({ Type: 'Choice', Choices: [{ Condition: 'yes', Next: 'E' }] }, end),
    '/States/S/Choices/0/Condition:',
  ],
  [
    'Default that leads nowhere',
    state({ Type: 'Choice', Choices: [{ Condition: true, Next: 'E' }], Default: 'X' }, end),
    '/States/S/Default:',
  ],
  ['SecondsPath', state({ Type: 'Wait', SecondsPath: '$.s', End: true }), '/States/S/SecondsPath:'],
  ['a Wait for nothing', state({ Type: 'Wait', End: true }), '/States/S/Seconds: a Wait has exactly one'],
  [
    'a Wait for two things',
    state({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true }),
    'exactly one',
  ],
  [
    'a Timestamp without zone',
    state({ Type: 'Wait', Timestamp: '2026-01-01T00:00:00', End: true }),
    '/States/S/Timestamp:',
  ],
  ['ErrorPath', state({ Type: 'Fail', ErrorPath: '$.e' }), '/States/S/ErrorPath:'],
  ['Next and End', state({ Type: 'Pass', Next: 'E', End: true }, end), 'Next or End, not both'],
  ['neither Next nor End', state({ Type: 'Pass' }), 'a state needs Next or End'],
  [
    'StartAt that is not there',
    { ...state({ Type: 'Pass', End: true }), StartAt: 'X' },
    "/StartAt: there is no state 'X'",
  ],
  ['a state that nothing leads to', state({ Type: 'Pass', End: true }, end), '/States/E: nothing leads to this state'],
  ['a machine without an end', state({ Type: 'Pass', Next: 'S' }), '/States: no state ends the machine'],
  ['assigning to states', pass(1, { Assign: { states: 1 } }), "'states', which is reserved"],
  ['assigning to no name', pass(1, { Assign: { 'a-b': 1 } }), '/States/Only/Assign/a-b'],
  ['an expression that is none', pass({ v: '{% a[1,2) %}' }), '/States/Only/Output/v: not a JSONata expression'],
  ['half an expression', pass('{% $states.input'), "/States/Only/Output: an expression must begin with '{%'"],
  ['blanks around an expression', pass('{% 1 %} '), 'without blanks around them'],
  ['$eval', pass("{% $eval('1') %}"), '/States/Only/Output: $eval is not supported'],
  ['$$', pass('{% $$.a %}'), "Reference to '$$' is not supported"],
  ['a bare name', pass({ v: '{% phone %}' }), "/States/Only/Output/v: Reference to 'phone' at the top level"],
  ['a bare name in a function’s argument', pass('{% $sum(prices) %}'), "Reference to 'prices'"],
  ['errorOutput outside Catch', task({ Output: '{% $states.errorOutput %}' }), '$states.errorOutput has no value here'],
  [
    'result before there is one',
    task({ TimeoutSeconds: '{% $states.result.t %}' }),
    '$states.result has no value here',
  ],
  [
    'an intrinsic',
    pass({ v: "States.Format('{}', 1)" }),
    '/States/Only/Output/v: intrinsic functions belong to JSONPath',
  ],
  [
    'a name that ends in .$',
    task({ Arguments: { FunctionName: 'f', Payload: { 'a.$': '$.a' } } }),
    '/Payload/a.$: a name that ends in .$',
  ],
])('%s', (_what, definition, says) => {
  expect(refusal(definition)).toContain(says);
});

test('every mistake is told at once', () => {
  const both = refusal(state({ Type: 'Pass', InputPath: '$', ResultPath: '$', End: true }));
  expect(both).toContain('/States/S/InputPath');
  expect(both).toContain('/States/S/ResultPath');
  expect(both).toMatch(/^Invalid State Machine Definition: '/);
});
