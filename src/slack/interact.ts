/**
 * What a click does, once it was answered: who it was, and the use case that it stands for, through the channel `slack`.
 * Twice delivered is once done. No rule lives here.
 */
import { decideGrant } from '../broker/decideGrant.ts';
import { rulesInForce } from '../broker/delegations.ts';
import { endGrant } from '../broker/endGrant.ts';
import { extendGrant } from '../broker/extendGrant.ts';
import type { Stored } from '../broker/ports.ts';
import { showGrant } from '../broker/readGrants.ts';
import { requestGrant } from '../broker/requestGrant.ts';
import { withdrawGrant } from '../broker/withdrawGrant.ts';
import type { Person } from '../core/configuration.ts';
import { mayDecide } from '../core/decision.ts';
import type { Grant } from '../core/grant.ts';
import { type GrantId, parseGrantId } from '../core/id.ts';
import { explain, type Refusal } from '../core/refusal.ts';
import type { Result } from '../core/result.ts';
import { say } from './answers.ts';
import { denialModal, extensionModal, resultModal } from './decision-modals.ts';
import { askedDigest, parseButtonValue } from './digest.ts';
import { homeView } from './home.ts';
import { identify, type MemberCache } from './identify.ts';
import { type Metadata, opened, sealed } from './metadata.ts';
import type { Action, Interaction, Member } from './payload.ts';
import type { ChatDeps } from './ports.ts';
import { narrowed, requestInput, requestModal } from './request-modal.ts';
import { isShared } from './tell.ts';
import { inline, literal } from './text.ts';
import { questionOf } from './words.ts';

type Caller = { readonly person: Person; readonly channel: 'slack'; readonly proof: string };
type Of<K extends Interaction['kind']> = Extract<Interaction, { kind: K }>;

const CHANGED =
  'What you were shown has changed since, so your click decided nothing. The message is being renewed: look at it, and click again.';
const SHARED =
  'This channel is shared with other workspaces; nothing is decided here. Use `hallpass`, or a direct message.';

export async function interact(deps: ChatDeps, interaction: Interaction, cache: MemberCache): Promise<void> {
  const found = await identify(deps, interaction.who, cache);
  if (found.kind === 'nobody') return refuseNobody(deps, interaction, found.say);
  const caller: Caller = { person: found.person, channel: 'slack', proof: found.proof };
  switch (interaction.kind) {
    case 'ask':
      return ask(deps, interaction, caller);
    case 'narrow':
      return narrow(deps, interaction, caller);
    case 'button':
      return press(deps, interaction, caller);
    case 'submit':
      return submit(deps, interaction, caller);
    case 'home':
      return publishHome(deps, interaction.who, caller.person);
  }
}

async function refuseNobody(deps: ChatDeps, interaction: Interaction, text: string): Promise<void> {
  if (interaction.kind === 'submit' || interaction.kind === 'narrow')
    return update(deps, interaction.view.id, resultModal('Not taken', text));
  if (interaction.kind === 'home') {
    const view = { ...resultModal('Hallpass', text), type: 'home' };
    const { title: _title, close: _close, ...home } = view as Record<string, unknown>;
    await deps.slack('views.publish', { user_id: interaction.who.user, view: home });
    return;
  }
  await say(deps, interaction.who, interaction.channel, text);
}

const HELP = [
  '`/hallpass` opens a form that offers what you may ask for; `/hallpass ENTITLEMENT` has one chosen already.',
  'Approvers are asked in Slack, and wherever else they work. Everything that is done here can be done with `hallpass`, too.',
].join('\n');

async function ask(deps: ChatDeps, { who, trigger, text, channel }: Of<'ask'>, { person }: Caller): Promise<void> {
  if (text === 'help') return say(deps, who, channel, HELP);
  if (text === 'link')
    return say(deps, who, channel, `Your account is linked already: you are ${inline(person.name)}.`);
  const answers = text === '' ? {} : { entitlement: text };
  await openRequest(deps, who, trigger, person, answers);
}

async function openRequest(
  deps: ChatDeps,
  who: Member,
  trigger: string,
  person: Person,
  answers: Readonly<Record<string, string>>,
): Promise<void> {
  const metadata = await seal(deps, who, { person: person.id });
  await deps.slack('views.open', {
    trigger_id: trigger,
    view: requestModal(person, deps.config(), answers, metadata),
  });
}

async function narrow(deps: ChatDeps, { who, view }: Of<'narrow'>, { person }: Caller): Promise<void> {
  const metadata = await unseal(deps, who, view.metadata);
  if (metadata?.person !== person.id) return;
  const next = requestModal(person, deps.config(), narrowed(view.answers), view.metadata);
  await deps.slack('views.update', { view_id: view.id, hash: view.hash, view: next });
}

const seal = async (deps: ChatDeps, { team, user }: Member, rest: Partial<Metadata>): Promise<string> =>
  sealed({ team, user, openedAt: deps.now(), ...rest }, (await deps.signing())[0]);
const unseal = async (deps: ChatDeps, who: Member, text: string): Promise<Metadata | undefined> =>
  opened(text, who, await deps.signing(), deps.now());

async function press(deps: ChatDeps, interaction: Of<'button'>, caller: Caller): Promise<void> {
  const { who, trigger, action, channel, value } = interaction;
  if (action === 'hallpass_ask') return openRequest(deps, who, trigger, caller.person, {});
  const shown = parseButtonValue(value);
  if (!shown) return;
  const opens = action === 'hallpass_approve' || action === 'hallpass_deny' || action === 'hallpass_extend';
  if (opens && channel?.match(/^[CG]/) && (await isShared(deps.slack, channel))) return say(deps, who, channel, SHARED);
  const refused = await perform(deps, interaction, caller, shown.id, shown.digest);
  if (refused !== undefined) await say(deps, who, channel, refused);
}

/** What to say to who clicked; nothing where the messages themselves will show it. */
async function perform(
  deps: ChatDeps,
  { who, trigger, action, channel }: Of<'button'>,
  caller: Caller,
  id: GrantId,
  digest: string,
): Promise<string | undefined> {
  switch (action satisfies Action) {
    case 'hallpass_approve': {
      const stale = await changedSince(deps, id, digest);
      return stale ?? outcome(deps, id, await decideGrant(deps, { ...caller, id, decision: { kind: 'approve' } }));
    }
    case 'hallpass_deny':
      return openDenial(deps, who, trigger, caller, id, digest, channel);
    case 'hallpass_extend':
      return openExtension(deps, who, trigger, caller, id, channel);
    case 'hallpass_end':
      return outcome(deps, id, await endGrant(deps, { ...caller, id }));
    case 'hallpass_withdraw':
      return outcome(deps, id, await withdrawGrant(deps, { ...caller, id }));
    case 'hallpass_ask':
      return undefined;
  }
}

/** Refused, the messages are renewed: they may be what is wrong. */
async function outcome(deps: ChatDeps, id: GrantId, result: Result<Stored, Refusal>): Promise<string | undefined> {
  if (result.ok) return undefined;
  await deps.renew(id);
  return refusalText(result.error);
}

const refusalText = (refusal: Refusal): string => {
  const { title, detail } = explain(refusal);
  return `*${literal(title)}.* ${literal(detail)}`;
};

/** A decision is about what was shown. Undefined: it still is. */
async function changedSince(deps: ChatDeps, id: GrantId, digest: string): Promise<string | undefined> {
  const stored = await deps.store.readGrant(id);
  if (!stored) return refusalText({ reason: 'unknownGrant', grantId: id });
  // Over or decided: the use case says so better.
  if (!questionOf(stored.grant)) return undefined;
  if (askedDigest(stored.grant, deps.sha256) === digest) return undefined;
  await deps.renew(id);
  return CHANGED;
}

async function openDenial(
  deps: ChatDeps,
  who: Member,
  trigger: string,
  caller: Caller,
  id: GrantId,
  digest: string,
  channel: string | undefined,
): Promise<string | undefined> {
  const stored = await deps.store.readGrant(id);
  if (!stored) return refusalText({ reason: 'unknownGrant', grantId: id });
  const asked = questionOf(stored.grant);
  if (asked && askedDigest(stored.grant, deps.sha256) !== digest) {
    await deps.renew(id);
    return CHANGED;
  }
  const may = asked && mayDecide(caller.person, caller.channel, asked, await rulesInForce(deps), deps.now());
  if (may && !may.ok) return refusalText(may.error);
  if (!asked) {
    await deps.renew(id);
    return refusalText({ reason: 'notPending', state: stored.grant.state, wanted: 'only what waits can be decided' });
  }
  const metadata = await seal(deps, who, { grant: id, digest, ...(channel !== undefined && { channel }) });
  await deps.slack('views.open', { trigger_id: trigger, view: denialModal(stored.grant, metadata) });
  return undefined;
}

async function openExtension(
  deps: ChatDeps,
  who: Member,
  trigger: string,
  caller: Caller,
  id: GrantId,
  channel: string | undefined,
): Promise<string | undefined> {
  const shown = await showGrant(deps, caller.person, id);
  if (!shown.ok) return refusalText(shown.error);
  const { grant } = shown.value;
  if (grant.state !== 'active') {
    await deps.renew(id);
    return refusalText({ reason: 'notPending', state: grant.state, wanted: 'only live access can be extended' });
  }
  const metadata = await seal(deps, who, { grant: id, ...(channel !== undefined && { channel }) });
  await deps.slack('views.open', { trigger_id: trigger, view: extensionModal(grant, deps.config(), metadata) });
  return undefined;
}

async function submit(deps: ChatDeps, { who, form, view }: Of<'submit'>, caller: Caller): Promise<void> {
  const metadata = await unseal(deps, who, view.metadata);
  if (!metadata)
    return update(deps, view.id, resultModal('Not taken', 'This form is not as Hallpass made it. Nothing was done.'));
  switch (form) {
    case 'hallpass_request':
      return submitRequest(deps, view, caller, metadata);
    case 'hallpass_denial':
      return submitDenial(deps, view, caller, metadata);
    case 'hallpass_extension':
      return submitExtension(deps, view, caller, metadata);
  }
}

type Sent = Of<'submit'>['view'];

/** The view's own id is the idempotency key: sent twice, it asks once. */
async function submitRequest(deps: ChatDeps, view: Sent, caller: Caller, metadata: Metadata): Promise<void> {
  if (metadata.person !== caller.person.id)
    return update(deps, view.id, resultModal('Not taken', 'This form was opened by somebody else. Nothing was done.'));
  const asked = await requestGrant(deps, {
    ...caller,
    input: requestInput(view.answers),
    idempotencyKey: `slack-${view.id}`,
  });
  if (!asked.ok) {
    const text =
      asked.error.reason === 'idempotencyKeyReused'
        ? 'This form was sent before, with other answers; the first ones count.'
        : refusalText(asked.error);
    return update(deps, view.id, resultModal('Not granted', text));
  }
  const text = asked.value.all
    .map(({ created, stored: { grant } }) => {
      const where = asked.value.all.length > 1 ? ` on ${literal(grant.cluster.name)}` : '';
      return created
        ? `Asked${where}. You are told here what becomes of it.\n\`hallpass grant ${grant.id}\``
        : `You have asked for this already${where}: \`hallpass grant ${grant.id}\``;
    })
    .join('\n');
  return update(deps, view.id, resultModal('Asked', text));
}

async function submitDenial(deps: ChatDeps, view: Sent, caller: Caller, metadata: Metadata): Promise<void> {
  const id = parseGrantId(metadata.grant ?? '');
  if (!id) return;
  const stale = await changedSince(deps, id, metadata.digest ?? '');
  const reason = textOf(view.answers['reason']);
  const refused =
    stale ?? (await outcome(deps, id, await decideGrant(deps, { ...caller, id, decision: { kind: 'deny', reason } })));
  await update(
    deps,
    view.id,
    resultModal(refused === undefined ? 'Denied' : 'Not taken', refused ?? 'The requester is told, with your reason.'),
  );
}

async function submitExtension(deps: ChatDeps, view: Sent, caller: Caller, metadata: Metadata): Promise<void> {
  const id = parseGrantId(metadata.grant ?? '');
  if (!id) return;
  const [duration, justification] = [textOf(view.answers['duration']), textOf(view.answers['justification'])];
  const input = { ...(duration !== '' && { duration }), ...(justification !== '' && { justification }) };
  const refused = await outcome(deps, id, await extendGrant(deps, { ...caller, id, input }));
  await update(
    deps,
    view.id,
    resultModal(refused === undefined ? 'Asked' : 'Not taken', refused ?? 'Until it is decided, the old end stands.'),
  );
}

const textOf = (answer: string | readonly string[] | undefined): string =>
  typeof answer === 'string' ? answer.trim() : '';

async function update({ slack }: ChatDeps, view_id: string, view: object): Promise<void> {
  await slack('views.update', { view_id, view });
}

/** How many of the newest are looked through for what waits. */
const LOOKED_THROUGH = 100;
const OWN = 8;

export async function publishHome(deps: ChatDeps, { user }: Member, person: Person): Promise<void> {
  const [config, own, newest] = await Promise.all([
    rulesInForce(deps),
    deps.store.grantsOfPerson(person.id, OWN),
    deps.store.grantsByTime(LOOKED_THROUGH),
  ]);
  const waits = (grant: Grant): boolean => {
    const asked = questionOf(grant);
    return asked !== undefined && mayDecide(person, 'slack', asked, config, deps.now()).ok;
  };
  const view = homeView(
    { waiting: newest.items.map(({ grant }) => grant).filter(waits), own: own.items.map(({ grant }) => grant) },
    config,
    deps.sha256,
  );
  await deps.slack('views.publish', { user_id: user, view });
}
