/**
 * What Slack sends, parsed once, from bytes to what it asks of Hallpass. Everything in it is text until looked at; what is
 * not understood is `undefined` and answered with nothing.
 *
 * https://docs.slack.dev/interactivity/handling-user-interaction, …/implementing-slash-commands, …/apis/events-api
 */

/** Who did it, in Slack's words. Whose account that is, and whether it counts, is `identify.ts`'s. */
export type Member = { readonly team: string; readonly user: string };
export type Answers = Readonly<Record<string, string | readonly string[]>>;
export type OpenView = {
  readonly id: string;
  readonly hash: string;
  readonly metadata: string;
  readonly answers: Answers;
};

export const ACTIONS = [
  'hallpass_approve',
  'hallpass_deny',
  'hallpass_extend',
  'hallpass_end',
  'hallpass_withdraw',
  'hallpass_ask',
] as const;
export type Action = (typeof ACTIONS)[number];

export const FORMS = ['hallpass_request', 'hallpass_denial', 'hallpass_extension'] as const;
export type Form = (typeof FORMS)[number];
/** The callback id of the global shortcut, as the app's manifest has it. */
export const SHORTCUT = 'hallpass_request';

export type Interaction =
  | {
      readonly kind: 'ask';
      readonly who: Member;
      readonly trigger: string;
      readonly text: string;
      readonly channel?: string;
    }
  | {
      readonly kind: 'button';
      readonly who: Member;
      readonly trigger: string;
      readonly action: Action;
      readonly value: string;
      readonly channel?: string;
    }
  | { readonly kind: 'narrow'; readonly who: Member; readonly view: OpenView }
  | { readonly kind: 'submit'; readonly who: Member; readonly form: Form; readonly view: OpenView }
  | { readonly kind: 'home'; readonly who: Member };

export type Parsed =
  | { readonly kind: 'challenge'; readonly challenge: string }
  | { readonly kind: 'interaction'; readonly interaction: Interaction }
  | { readonly kind: 'nothing' };

const NOTHING: Parsed = { kind: 'nothing' };

export function parsePayload(body: Uint8Array, contentType: string): Parsed {
  const text = new TextDecoder().decode(body);
  if (contentType.startsWith('application/json')) return parseEvent(fieldsIn(text));
  const form = new URLSearchParams(text);
  const payload = form.get('payload');
  const interaction = payload === null ? parseCommand(form) : parseInteraction(fieldsIn(payload));
  return interaction ? { kind: 'interaction', interaction } : NOTHING;
}

function parseEvent(event: Fields): Parsed {
  if (event['type'] === 'url_verification')
    return { kind: 'challenge', challenge: textOf(event['challenge']).slice(0, 200) };
  const inner = fieldsOf(event['event']);
  const who = { team: textOf(event['team_id']), user: textOf(inner['user']) };
  if (inner['type'] !== 'app_home_opened' || inner['tab'] !== 'home' || !isMember(who)) return NOTHING;
  return { kind: 'interaction', interaction: { kind: 'home', who } };
}

function parseCommand(form: URLSearchParams): Interaction | undefined {
  const of = (name: string): string => form.get(name) ?? '';
  const who = { team: of('team_id'), user: of('user_id') };
  if (of('command') !== '/hallpass' || !isMember(who)) return undefined;
  return { kind: 'ask', who, trigger: of('trigger_id'), text: of('text').trim(), ...channelOf(of('channel_id')) };
}

function parseInteraction(payload: Fields): Interaction | undefined {
  const [user, team] = [fieldsOf(payload['user']), fieldsOf(payload['team'])];
  const who = { team: textOf(team['id']), user: textOf(user['id']) };
  // In a shared channel the workspace of who clicked may be another than the one that the app is in.
  const home = user['team_id'];
  if (!isMember(who) || (home !== undefined && home !== who.team)) return undefined;
  const trigger = textOf(payload['trigger_id']);
  switch (payload['type']) {
    case 'shortcut':
      return payload['callback_id'] === SHORTCUT ? { kind: 'ask', who, trigger, text: '' } : undefined;
    case 'block_actions':
      return parseAction(payload, who, trigger);
    case 'view_submission': {
      const view = viewOf(payload['view']);
      const form = FORMS.find((one) => one === fieldsOf(payload['view'])['callback_id']);
      return view && form && { kind: 'submit', who, form, view };
    }
    default:
      return undefined;
  }
}

function parseAction(payload: Fields, who: Member, trigger: string): Interaction | undefined {
  const [first] = Array.isArray(payload['actions']) ? payload['actions'] : [];
  const { action_id: id, value } = fieldsOf(first);
  const action = ACTIONS.find((one) => one === id);
  const channel = channelOf(textOf(fieldsOf(payload['channel'])['id']));
  if (action) return { kind: 'button', who, trigger, action, value: textOf(value), ...channel };
  const view = viewOf(payload['view']);
  return view && fieldsOf(payload['view'])['callback_id'] === 'hallpass_request'
    ? { kind: 'narrow', who, view }
    : undefined;
}

function viewOf(value: unknown): OpenView | undefined {
  const view = fieldsOf(value);
  const id = textOf(view['id']);
  if (id === '') return undefined;
  const blocks = Object.entries(fieldsOf(fieldsOf(view['state'])['values']));
  const answers = blocks.map(
    ([block, elements]) =>
      [block, answerOf(fieldsOf(fieldsOf(elements)[block] ?? Object.values(fieldsOf(elements))[0]))] as const,
  );
  return {
    id,
    hash: textOf(view['hash']),
    metadata: textOf(view['private_metadata']),
    answers: Object.fromEntries(answers),
  };
}

/** Empty for what was left out: that its field is there matters to where a mistake is shown. */
function answerOf(element: Fields): string | readonly string[] {
  const { value, selected_option: one, selected_options: several, selected_date_time: at } = element;
  if (typeof value === 'string') return value;
  if (one) return textOf(fieldsOf(one)['value']);
  if (Array.isArray(several)) return several.map((each) => textOf(fieldsOf(each)['value']));
  return typeof at === 'number' ? String(at) : '';
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const channelOf = (id: string) => (/^[CDG][A-Z0-9]{5,}$/.test(id) ? { channel: id } : {});
const isMember = ({ team, user }: Member): boolean => /^T[A-Z0-9]{2,}$/.test(team) && /^[UW][A-Z0-9]{2,}$/.test(user);

function fieldsIn(json: string): Fields {
  try {
    return fieldsOf(JSON.parse(json));
  } catch {
    return {};
  }
}
