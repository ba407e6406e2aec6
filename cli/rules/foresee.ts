/** The answer of `GET /v1/can`, out of a file. */

import { breakGlassProspect } from '../../src/core/break-glass-prospect.ts';
import { QUIET } from '../../src/core/hub.ts';
import { prospectOf } from '../../src/core/prospect.ts';
import { explain } from '../../src/core/refusal.ts';
import type { RequestInput } from '../../src/core/request.ts';
import { callerNamed } from '../../src/core/role-identity.ts';
import { instant, parseInstant } from '../../src/core/time.ts';
import { canView } from '../../src/http/can.ts';
import type { CanView } from '../../src/http/can-schemas.ts';
import { Failure } from '../failure.ts';
import { rulesAt } from './read.ts';

/** `now`: milliseconds since 1970, for when `at` is left out. */
export function foresee(file: string, id: string, input: RequestInput, at: string | undefined, now: number): CanView {
  const { configuration } = rulesAt(file);
  const about = callerNamed(id, configuration.directory);
  if (!about || about.disabled)
    throw new Failure(
      'usage',
      `${explain({ reason: 'unknownPerson', person: id }).detail} In ${file} there are: ${known(Object.keys(configuration.directory.people))}.`,
    );
  const when = at === undefined ? instant(now) : parseInstant(at);
  if (when === undefined) throw new Failure('usage', explain({ reason: 'startUnreadable', given: at ?? '' }).detail);
  const { entitlement, cluster, namespaces, duration } = input;
  const asked = {
    entitlement,
    ...(cluster && { cluster }),
    ...(namespaces && { namespaces }),
    ...(duration && { duration }),
  };
  const breakGlass = breakGlassProspect(asked, about, configuration, when, { uses: [], hub: QUIET });
  return canView(entitlement, {
    about,
    at: when,
    prospect: prospectOf(input, about, configuration, when),
    obstacles: [],
    ...(breakGlass && { breakGlass }),
  });
}

const MOST = 20;
const known = (ids: readonly string[]): string =>
  ids.length > MOST ? `${ids.slice(0, MOST).join(', ')} and ${ids.length - MOST} more` : ids.join(', ');
