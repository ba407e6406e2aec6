/** The doctor's endpoint. It shows how an installation is set up, so it is for responders and auditors. */
import { type DoctorDeps, examine } from '../broker/doctor.ts';
import type { RecordDeps } from '../broker/ports.ts';
import { isAmong, peopleAmong } from '../core/identity.ts';
import { problemOf } from './problem.ts';
import type { Handler } from './request.ts';

export const DOCTOR_HANDLERS = {
  async examine(deps, { person }, { receivedAt }) {
    const { responders, auditors, directory } = deps.config();
    const allowed = [...responders, ...auditors];
    if (isAmong(person.id, allowed, directory))
      return { status: 200, body: { findings: await examine(deps, receivedAt) } };
    const names = peopleAmong(allowed, directory).map((one) => one.name);
    return { problem: problemOf({ reason: 'notResponder', responders: names }) };
  },
} as const satisfies Record<string, Handler<DoctorDeps & RecordDeps>>;
