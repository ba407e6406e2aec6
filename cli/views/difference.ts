/** What changes for whom, for people. */
import type { Difference, EntitlementDifference } from '../../src/core/diff.ts';
import { visible } from '../terminal/visible.ts';

const MOST = 8;
const some = (ids: readonly string[]): string =>
  ids.length > MOST + 1 ? `${ids.slice(0, MOST).join(', ')} and ${ids.length - MOST} others` : ids.join(', ');

const SAID = { wider: '  (wider)', narrower: '', unclear: '  (perhaps wider)', neutral: '' } as const;

export function differenceText({ entitlements, duties, settings }: Difference): string {
  const lines = [
    ...entitlements.flatMap(entitlementLines),
    ...duties.flatMap(({ duty, gained, lost }) => [duty, ...movedLines(gained, lost)]),
    ...(settings.length > 0 ? [`other settings: ${settings.join(', ')}`] : []),
  ];
  return lines.map((line) => `${visible(line)}\n`).join('');
}

function entitlementLines({ entitlement, cluster, gained, lost, kept, changes }: EntitlementDifference): string[] {
  return [
    `${entitlement} on ${cluster}`,
    ...movedLines(gained, lost),
    ...(changes.length > 0 ? [`  changes for ${some(kept)}:`] : []),
    ...changes.map(({ term, was, now, direction }) =>
      was === now
        ? `    ${term}: ${now}, which comes to other people${SAID[direction]}`
        : `    ${term}: ${was} → ${now}${SAID[direction]}`,
    ),
  ];
}

const movedLines = (gained: readonly string[], lost: readonly string[]): string[] => [
  ...(gained.length > 0 ? [`  gained by ${some(gained)}`] : []),
  ...(lost.length > 0 ? [`  lost by ${some(lost)}`] : []),
];
