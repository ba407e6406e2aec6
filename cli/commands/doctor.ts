/** Whether everything that an installation stands on is as it should be, and what to do where it is not. */
import { Option } from 'commander';
import type { Examination } from '../../src/http/doctor-schemas.ts';
import { Failure } from '../failure.ts';
import { type Commands, print, say } from '../session.ts';
import { examinationTable } from '../views/examination.ts';

export const addDoctorCommand: Commands = (program, sessionOf) => {
  program
    .command('doctor')
    .description('whether the installation is as it should be, and what to do where it is not (responders, auditors)')
    .option('--all', 'show what is fine, too')
    .addOption(
      new Option('--fail-on <level>', 'end with 7 if there is a finding as bad as this')
        .choices(['warn', 'fail'])
        .default('fail'),
    )
    .addHelpText(
      'after',
      `\nExamples:\n  ${program.name()} doctor\n  ${program.name()} doctor --all --fail-on warn\n  ${program.name()} doctor --output json | jq '.findings[] | select(.level != "ok")'`,
    )
    .action(async ({ all, failOn }: { all?: true; failOn: 'warn' | 'fail' }, command) => {
      const session = sessionOf(command);
      const api = await session.api();
      const answer = await api('examine', 200, { body: {} });
      const { findings } = answer.value;
      print(session, answer, () => examinationTable(session.io, all ? findings : findings.filter(isWrong)));
      say(session, summary(findings));
      if (findings.some(({ level }) => level === 'fail' || level === failOn))
        throw new Failure('findings', 'Something is not as it should be; each line says what to do.');
    });
};

const isWrong = ({ level }: Examination['findings'][number]): boolean => level !== 'ok';

function summary(findings: Examination['findings']): string {
  const count = (wanted: string): number => findings.filter(({ level }) => level === wanted).length;
  return `${findings.length} looked at: ${count('ok')} fine, ${count('warn')} to think about, ${count('fail')} wrong.`;
}
