/** Whole messages and whole views against Slack's limits. What is wrong is said in Slack's words; nothing wrong is []. */

import { checkBlocks } from './blocks.ts';
import { plainText } from './composition.ts';
import { LIMITS } from './limits.ts';
import { boolean, type Check, isRecord, object, type Problems, report, string } from './problem.ts';

export function problemsOfBlocks(blocks: unknown): Problems {
  const problems: Problems = [];
  checkBlocks(blocks, '/blocks', { min: 0, max: LIMITS.messageBlocks }, problems);
  return problems;
}

/** The characters of all texts in blocks, whatever they are nested in. */
export function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + textLength(one), 0);
  if (!isRecord(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, one]) => sum + (name === 'text' && typeof one === 'string' ? one.length : textLength(one)),
    0,
  );
}

const shared = {
  blocks: ((value, at, problems) => checkBlocks(value, at, { min: 1, max: LIMITS.viewBlocks }, problems)) as Check,
};
const sharedOptional = {
  private_metadata: string({ max: LIMITS.privateMetadata }),
  callback_id: string({ max: LIMITS.callbackId }),
  external_id: string({ max: LIMITS.externalId }),
};

const modal: Check = (value, at, problems) => {
  object(
    { ...shared, title: plainText(LIMITS.viewTitle) },
    {
      ...sharedOptional,
      submit: plainText(LIMITS.viewButton),
      close: plainText(LIMITS.viewButton),
      clear_on_close: boolean,
      notify_on_close: boolean,
      submit_disabled: boolean,
    },
  )(value, at, problems);
  if (isRecord(value) && value['submit'] === undefined && hasInput(value['blocks']))
    report(problems, at, 'missing required field: submit (a modal with an input block needs one)');
};

const home: Check = object(shared, sharedOptional);

const hasInput = (blocks: unknown): boolean =>
  Array.isArray(blocks) && blocks.some((block) => isRecord(block) && block['type'] === 'input');

export function problemsOfView(view: unknown, types: readonly ('modal' | 'home')[] = ['modal', 'home']): Problems {
  const problems: Problems = [];
  if (!isRecord(view)) return ['must be an object [json-pointer:/view]'];
  const type = types.find((one) => one === view['type']);
  if (type === 'modal') modal(view, '/view', problems);
  else if (type === 'home') home(view, '/view', problems);
  else report(problems, '/view/type', `must be one of: ${types.join(', ')}`);
  return problems;
}

export const isTooLarge = (view: unknown): boolean => Buffer.byteLength(JSON.stringify(view)) > LIMITS.viewBytes;
