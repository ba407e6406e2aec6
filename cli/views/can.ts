/** What would become of a request, for people. */
import type { CanView, DecisionView } from '../../src/http/can-schemas.ts';
import { facts } from '../terminal/table.ts';
import { visible } from '../terminal/visible.ts';
import { moment } from './moment.ts';

const VERDICTS = {
  yes: 'yes, this may be asked for',
  incomplete: 'yes, once the request has what is missing',
  no: 'no',
} as const;

export function canText(can: CanView): string {
  const { verdict, missing, refusal, obstacles, openGrant, decision, breakGlass } = can;
  const head = facts([
    ['Person', `${can.person.name} (${can.person.id})`],
    ['Entitlement', can.entitlement],
    ['At', moment(can.at)],
    ['Verdict', VERDICTS[verdict]],
    ['Cluster', can.cluster],
    ['Access', can.access?.description],
    ['Duration', durationText(can)],
    ['Begins', can.startAt && moment(can.startAt)],
    ['Open already', openGrant],
    ['Decide by', can.decideBy && !decision?.autoApprove ? moment(can.decideBy) : undefined],
  ]);
  const why = [
    ...missing.map(({ detail }) => `Missing: ${detail}`),
    ...(refusal ? [`${can.person.name} would be told: ${refusal.detail} (${refusal.rule})`] : []),
    ...obstacles
      .filter(({ rule }) => rule !== refusal?.rule)
      .map(({ rule, detail }) => `In the way now, too: ${detail} (${rule})`),
  ];
  return [
    head,
    ...why.map((line) => `${visible(line)}\n`),
    decision ? `\n${decisionText(decision)}` : '',
    breakGlass ? `\n${breakGlassText(can.person.name, breakGlass)}` : '',
  ].join('');
}

function durationText({ duration, maxDuration, maxTotal }: CanView): string | undefined {
  if (duration === undefined) return undefined;
  return `${duration} (at most ${maxDuration}${maxTotal === undefined ? '' : `, ${maxTotal} with extensions`})`;
}

/** Who could approve, step by step, and who could not although the rule names them. */
export function decisionText({ autoApprove, possible, steps }: DecisionView): string {
  if (autoApprove) return 'Nobody decides: it is approved by rule.\n';
  const lines = steps.flatMap(({ approvalsNeeded, channels, approvers, without }, index) => [
    `Step ${index + 1}: ${approvalsNeeded} of ${approvers.join(', ') || 'nobody'}${channels.length > 0 ? ` (through ${channels.join(', ')})` : ''}`,
    ...without.map(({ name, detail }) => `  not ${name}: ${detail}`),
  ]);
  const impossible = possible ? [] : ['Nobody could approve this: there are too few different people for its steps.'];
  return [...lines, ...impossible].map((line) => `${visible(line)}\n`).join('');
}

/** Who may have it without approval in an emergency, and under what. */
function breakGlassText(name: string, glass: NonNullable<CanView['breakGlass']>): string {
  const { eligible, maxDuration, reasonMinLength, incidentPattern, perWeek, reviewWithin, reviewers, refusal } = glass;
  const lines = [
    `Break-glass: ${eligible.join(', ') || 'nobody'}, for at most ${maxDuration}, ${perWeek} a week, with a reason of ${reasonMinLength} characters and an incident${incidentPattern === undefined ? '' : ` like ${incidentPattern}`}; reviewed by ${reviewers.join(', ') || 'nobody'} within ${reviewWithin} working days.`,
    refusal ? `  not ${name}: ${refusal.detail} (${refusal.rule})` : `  ${name} could, now.`,
  ];
  return lines.map((line) => `${visible(line)}\n`).join('');
}
