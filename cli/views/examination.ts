/** What the doctor found, for people: the worst first, each with what to do under it. */
import type { Examination } from '../../src/http/doctor-schemas.ts';
import type { Io } from '../io.ts';
import { levelCell } from '../terminal/colour.ts';
import { facts } from '../terminal/table.ts';

type Finding = Examination['findings'][number];

const ORDER: Readonly<Record<Finding['level'], number>> = { fail: 0, warn: 1, ok: 2 };

export const examinationTable = (io: Io, findings: readonly Finding[]): string =>
  findings
    .toSorted((a, b) => ORDER[a.level] - ORDER[b.level])
    .map(({ level, check, subject, detail, advice }) =>
      facts([
        ['Check', levelCell(io, level, `${check} (${level})`)],
        ['Of', subject],
        ['Found', detail],
        ['Do', advice],
      ]),
    )
    .join('\n');
