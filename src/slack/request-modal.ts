/**
 * The form for asking. It offers only what this person may ask for, and is made again whenever a choice narrows the others.
 * It decides nothing: what is sent goes through the same evaluation as everywhere.
 */
import { hasWildcard } from '../core/access.ts';
import type { Configuration, Entitlement, Person } from '../core/configuration.ts';
import { approversOf } from '../core/decision.ts';
import { explain, type Refusal, type RefusalReason } from '../core/refusal.ts';
import { type RequestInput, requestableBy } from '../core/request.ts';
import { type Duration, formatDuration, hours, instant, minutes, toIso } from '../core/time.ts';
import {
  type Block,
  choice,
  choices,
  context,
  type Element,
  input,
  LIMITS,
  plain,
  section,
  type View,
} from './blocks.ts';
import type { Answers } from './payload.ts';
import { cut, inline, literal } from './text.ts';
import { AFTER_THE_END, names } from './words.ts';

type Field = 'entitlement' | 'cluster' | 'namespaces' | 'duration' | 'start' | 'justification' | 'ticket';

/** As long as the core takes; Slack's own most is 3,000. */
const LONGEST_JUSTIFICATION = 1_000;
const LONGEST_TICKET = 200;
/** As many as one request takes. */
const MOST_CLUSTERS = 10;
const LENGTHS: readonly Duration[] = [
  ...[15, 30, 45].map(minutes),
  ...[1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 120, 168].map(hours),
];

/** `answers`: what is chosen so far. `metadata`: sealed. */
export function requestModal(person: Person, config: Configuration, answers: Answers, metadata: string): View {
  const offered = requestableBy(person, config);
  if (offered.length === 0) return nothingOffered(person);
  const chosen = offered.find((rule) => rule.id === answers['entitlement']) ?? only(offered);
  return {
    type: 'modal',
    callback_id: 'hallpass_request',
    private_metadata: metadata,
    title: plain('Ask for access', LIMITS.title),
    close: plain('Cancel', LIMITS.title),
    ...(chosen && { submit: plain('Ask', LIMITS.title) }),
    blocks: [entitlementField(offered, chosen), ...(chosen ? fieldsFor(chosen, config, answers) : [])],
  };
}

function nothingOffered({ name }: Person): View {
  return {
    type: 'modal',
    title: plain('Ask for access', LIMITS.title),
    close: plain('Close', LIMITS.title),
    blocks: [
      section(
        plain(`There is nothing that ${name} may ask for. Whoever keeps hallpass.yaml can make people eligible.`),
      ),
    ],
  };
}

const only = <T>(all: readonly T[]): T | undefined => (all.length === 1 ? all[0] : undefined);

/** While nothing is chosen there is nothing to send, and Slack takes no `input` without a button to send it. */
function entitlementField(offered: readonly Entitlement[], chosen: Entitlement | undefined): Block {
  const element = select(
    'Choose what you need',
    offered.map(({ id }) => choice(id)),
    chosen?.id,
  );
  if (chosen) return field('entitlement', 'Entitlement', element, { dispatch: true });
  const accessory = { ...element, action_id: FIRST_CHOICE };
  return { type: 'section', block_id: FIRST_CHOICE, text: plain('What do you need?'), accessory };
}

/** Not the name of the field that follows it: Slack keeps what was chosen by that. */
const FIRST_CHOICE = 'first-choice';

function fieldsFor(rule: Entitlement, config: Configuration, answers: Answers): Block[] {
  return [
    section(plain(rule.description)),
    context([describe(rule)]),
    clusterField(rule, answers),
    ...namespacesField(rule),
    durationField(rule),
    field(
      'start',
      'Begins',
      { type: 'datetimepicker' },
      { optional: true, hint: 'Left out: as soon as it is approved.' },
    ),
    ...justificationField(rule),
    ...ticketField(rule),
    context([approval(rule, config), AFTER_THE_END]),
  ];
}

function describe({ access, principal }: Entitlement): string {
  const what =
    access.kind === 'groups'
      ? `Kubernetes groups ${access.kubernetesGroups.map(literal).join(', ')}`
      : `${literal(access.policy)}, ${access.scope === 'cluster' ? 'on the *whole cluster*' : 'by namespace'}`;
  return principal.mode === 'role'
    ? `${what}, through \`${literal(principal.role)}\`, for whoever can assume it`
    : what;
}

function clusterField(rule: Entitlement, answers: Answers): Block {
  // Another entitlement, another block: Slack keeps what was chosen in a block of the same name.
  const suffix = rule.id;
  const all = rule.clusters.map((name) => choice(name));
  if (all.length === 1) return field('cluster', 'Cluster', select('Choose a cluster', all, all[0]?.value), { suffix });
  const given = [answers['cluster'] ?? []].flat();
  const initial = all.filter(({ value }) => given.includes(value));
  const element = {
    type: 'multi_static_select',
    placeholder: plain('Choose one or more', LIMITS.placeholder),
    ...choices(all),
    max_selected_items: Math.min(all.length, MOST_CLUSTERS),
    ...(initial.length > 0 && { initial_options: initial }),
  };
  const hint = 'On several, it is one request: decided together, and each ends by itself.';
  return field('cluster', 'Clusters', element, { suffix, hint });
}

/** A list where all are known, a line of text where the configuration has patterns. */
function namespacesField(rule: Entitlement): Block[] {
  if (rule.access.kind === 'groups' || rule.access.scope === 'cluster') return [];
  const { namespaces } = rule.access;
  const extra = { suffix: rule.id };
  if (namespaces.some(hasWildcard)) {
    const hint = cut(`By name, with commas between. Out of: ${namespaces.join(', ')}`, 1_000);
    return [field('namespaces', 'Namespaces', { type: 'plain_text_input', max_length: 3_000 }, { ...extra, hint })];
  }
  const all = namespaces.map((name) => choice(name));
  const element = {
    type: 'multi_static_select',
    placeholder: plain('All of them', LIMITS.placeholder),
    ...choices(all),
  };
  return [field('namespaces', 'Namespaces', element, { ...extra, optional: true, hint: 'Left out: all of them.' })];
}

function durationField(rule: Entitlement): Block {
  const { maxDuration, defaultDuration } = rule;
  const lengths = [...new Set([...LENGTHS, defaultDuration, maxDuration])]
    .filter((length) => length <= maxDuration)
    .sort((a, b) => a - b)
    .map((length) => choice(formatDuration(length)));
  return field('duration', 'For how long', select('Choose', lengths, formatDuration(defaultDuration)), {
    suffix: rule.id,
    hint: `At most ${formatDuration(maxDuration)}.`,
  });
}

function justificationField({ justification: { required, minLength } }: Entitlement): Block[] {
  const element = {
    type: 'plain_text_input',
    multiline: true,
    max_length: LONGEST_JUSTIFICATION,
    ...(required && { min_length: Math.min(minLength, LONGEST_JUSTIFICATION) }),
  };
  return [field('justification', 'Why', element, { optional: !required })];
}

function ticketField({ ticket: { required, pattern } }: Entitlement): Block[] {
  if (!required && pattern === undefined) return [];
  const hint = pattern === undefined ? undefined : cut(`It has to match ${pattern}`, 1_000);
  const element = { type: 'plain_text_input', max_length: LONGEST_TICKET };
  return [field('ticket', 'Ticket', element, { optional: !required, ...(hint && { hint }) })];
}

function approval(rule: Entitlement, config: Configuration): string {
  if (rule.approval.autoApprove) return 'Granted at once, by rule.';
  return `Approved by: ${names(approversOf(rule, config).map(({ name }) => name))}.`;
}

function select(placeholder: string, all: readonly ReturnType<typeof choice>[], chosen?: string): Element {
  const initial = all.find(({ value }) => value === chosen);
  return {
    type: 'static_select',
    placeholder: plain(placeholder, LIMITS.placeholder),
    ...choices(all),
    ...(initial && { initial_option: initial }),
  };
}

type Extra = {
  readonly hint?: string;
  readonly optional?: boolean;
  readonly dispatch?: boolean;
  readonly suffix?: string;
};

const SEPARATOR = '/';

function field(name: Field, label: string, element: Element, { suffix, ...extra }: Extra = {}): Block {
  return input({ id: suffix === undefined ? name : `${name}${SEPARATOR}${suffix}`, label, element, ...extra });
}

/** Answers by the name of their field, for the entitlement that is chosen. */
export function narrowed(answers: Answers): Answers {
  const chosen = answers['entitlement'] || answers[FIRST_CHOICE];
  const own = Object.entries(answers).flatMap(([id, answer]) => {
    const [name = '', suffix] = id.split(SEPARATOR);
    return suffix === undefined || suffix === chosen ? [[name, answer] as const] : [];
  });
  return { ...Object.fromEntries(own), ...(chosen && { entitlement: chosen }) };
}

/** What was filled in, as every channel's requests are. */
export function requestInput(all: Answers): RequestInput {
  const answers = narrowed(all);
  const text = (name: Field): string | undefined => {
    const value = answers[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const chosen = answers['namespaces'];
  const namespaces = typeof chosen === 'string' ? chosen.split(/[\s,]+/).filter((name) => name !== '') : chosen;
  const start = text('start');
  const startAt = start !== undefined && /^\d{1,11}$/.test(start) ? toIso(instant(Number(start) * 1_000)) : start;
  return {
    entitlement: text('entitlement') ?? '',
    ...clustersOf(answers['cluster']),
    ...(namespaces && namespaces.length > 0 && { namespaces }),
    ...given('duration', text('duration')),
    ...given('startAt', startAt),
    ...given('justification', text('justification')),
    ...given('ticket', text('ticket')),
  };
}

function clustersOf(answer: Answers[string] | undefined): Pick<RequestInput, 'cluster' | 'clusters'> {
  const chosen = (typeof answer === 'string' ? [answer] : (answer ?? [])).filter((name) => name.trim() !== '');
  const [first] = chosen;
  if (first === undefined) return {};
  return chosen.length === 1 ? { cluster: first } : { clusters: chosen };
}

const given = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });

/** Beside which field a refusal is shown; at the entitlement where it is about none of the others. */
const FIELD_OF: Partial<Record<RefusalReason, Field>> = {
  clusterNeeded: 'cluster',
  clusterNotOffered: 'cluster',
  durationUnreadable: 'duration',
  durationTooLong: 'duration',
  durationTooShort: 'duration',
  justificationMissing: 'justification',
  justificationTooShort: 'justification',
  justificationTooLong: 'justification',
  ticketMissing: 'ticket',
  ticketMismatch: 'ticket',
  namespaceInvalid: 'namespaces',
  namespaceNotOffered: 'namespaces',
  namespacesNeeded: 'namespaces',
  startUnreadable: 'start',
  startInPast: 'start',
  startTooFar: 'start',
};

/** Slack's `errors`: only a block that is in the view may be named. */
export function errorsOf(refusal: Refusal, answers: Answers): Record<string, string> {
  const name = FIELD_OF[refusal.reason] ?? 'entitlement';
  const suffixed = `${name}${SEPARATOR}${String(answers['entitlement'])}`;
  const block = [suffixed, name].find((id) => id in answers) ?? 'entitlement';
  return { [block]: cut(inline(explain(refusal).detail), 2_000) };
}
