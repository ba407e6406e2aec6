/**
 * Catches: a folder of files that is read by halves, in a chance order or with one file's name silently winning over
 * another's; and a mistake that is blamed on the wrong file.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfigurationAt } from '../../src/aws/configuration-files.ts';
import { formatProblems } from '../../src/config/problem.ts';
import { readFiles } from '../../src/config/read.ts';
import { sha256, VALID, valid } from './file.ts';

const lines = VALID.split('\n');
/** The parts of the valid file, by line numbers. */
const part = (from: number, to: number): string => `${lines.slice(from - 1, to).join('\n')}\n`;
const HUB = { file: 'hub.yaml', text: part(1, 3) + part(19, 19) };
const CLUSTERS = { file: 'clusters.yaml', text: part(4, 7) };
const MORE_CLUSTERS = { file: 'more.yaml', text: `clusters:\n${part(8, 10)}` };
const PEOPLE = { file: 'people.yaml', text: part(11, 15) };
const GROUPS = { file: 'team.yaml', text: `identities:\n  people:\n${part(16, 16)}${part(17, 18)}` };
const ADMIN = { file: 'admin.yaml', text: part(20, 31) };
const VIEW = { file: 'view.yaml', text: `entitlements:\n${part(32, 39)}` };
const ALL = [HUB, CLUSTERS, MORE_CLUSTERS, PEOPLE, GROUPS, ADMIN, VIEW] as const;

type Source = { readonly file: string; readonly text: string };
const readAll = (files: readonly Source[]) => {
  const [first, ...rest] = files;
  if (!first) throw new Error('no file');
  return readFiles([first, ...rest], sha256);
};
const problems = (files: readonly Source[]): string[] => {
  const read = readAll(files);
  return read.ok
    ? []
    : read.error.map(({ file, line, column, path, message }) => `${file}:${line}:${column} ${path}: ${message}`);
};
const without = (left: Source): Source[] => ALL.filter((one) => one !== left);

describe('several files are one configuration', () => {
  it('the same as one file with all of it', () => {
    const read = readAll(ALL);
    expect(read.ok && read.value.configuration).toEqual(valid(VALID));
  });

  it('says where each path was written', () => {
    const read = readAll(ALL);
    if (!read.ok) throw new Error(problems(ALL).join('\n'));
    const { placeOf } = read.value;
    expect(placeOf(['entitlements', 'view', 'maxDuration'])).toEqual({ file: 'view.yaml', line: 7, column: 18 });
    expect(placeOf(['identities', 'people', 'carol', 'email'])).toEqual({ file: 'team.yaml', line: 3, column: 34 });
    expect(placeOf(['hub'])).toEqual({ file: 'hub.yaml', line: 1, column: 6 });
  });

  it('a mistake is told of the file that it is in, and all of them at once, in the order of the files', () => {
    const wrong = ALL.map(({ file, text }) => ({
      file,
      text: text.replace('maxDuration: 4h', 'maxDuration: 9d').replace('[one, two]', '[one, tow]').replace('bob@', ''),
    }));
    expect(problems(wrong)).toEqual([
      'people.yaml:5:30 identities.people.bob.email: "example.com" is not an e-mail address; write it like alice@example.com',
      'admin.yaml:11:18 entitlements.admin.maxDuration: 9d is too long; the most is 7d',
      'view.yaml:4:21 entitlements.view.clusters[1]: there is no cluster "tow"; did you mean "two"?',
    ]);
    const read = readAll(wrong);
    expect(read.ok ? '' : formatProblems(read.error, wrong)).toContain(
      '    4 |     clusters: [one, tow]\n      |                     ^',
    );
  });

  it.each([
    [
      'a person in two files',
      { file: 'z.yaml', text: 'identities:\n  people:\n    bob: { name: Rob, email: rob@example.com }\n' },
      'z.yaml:3:5 : "bob" is given in people.yaml:5:5 already; give it once',
    ],
    [
      'an entitlement in two files',
      { file: 'z.yaml', text: 'entitlements:\n  view: {}\n' },
      'z.yaml:2:3 : "view" is given in view.yaml:2:3 already; give it once',
    ],
    [
      'a setting in two files',
      { file: 'z.yaml', text: 'hub: other\n' },
      'z.yaml:1:1 : "hub" is given in hub.yaml:1:1 already; give it once',
    ],
    [
      'limits in two files',
      { file: 'z.yaml', text: 'limits: { openGrantsPerPerson: 1 }\nresponders: [bob]\n' },
      'z.yaml:2:1 : "responders" is given in hub.yaml:4:1 already; give it once',
    ],
    [
      'the role of the permission set in two files',
      { file: 'z.yaml', text: 'identities: { permissionSetRole: x }\n' },
      'z.yaml:1:15 : "permissionSetRole" is given in people.yaml:2:3 already; give it once',
    ],
    [
      'an empty file',
      { file: 'z.yaml', text: '# nothing yet\n' },
      'z.yaml:1:1 : the file is empty; take it out of the folder',
    ],
    [
      'a file that is no mapping',
      { file: 'z.yaml', text: '- hub\n' },
      'z.yaml:1:1 : the file must be a mapping, with lines like "hub: laptop"',
    ],
  ])('%s', (_what, extra, expected) => {
    expect(problems([...ALL, extra])).toEqual([expected]);
  });

  it('what stands in a file that cannot be read is neither missing nor unknown', () => {
    const broken = { file: 'people.yaml', text: PEOPLE.text.replace('    bob:', '\tbob:') };
    expect(problems([...without(PEOPLE), broken])).toEqual([expect.stringMatching(/^people\.yaml:5:\d+ : .*tab/)]);
    const also = { file: 'view.yaml', text: VIEW.text.replace('maxDuration: 30m', 'maxDuration: 30 min') };
    expect(problems([HUB, CLUSTERS, MORE_CLUSTERS, broken, GROUPS, ADMIN, also])).toEqual([
      expect.stringMatching(/^people\.yaml:5:\d+ : /),
      'view.yaml:7:18 entitlements.view.maxDuration: "30 min" is not a duration; write it like 45m, 4h or 1h30m',
    ]);
  });

  it('what is in no file is missing from the first', () => {
    expect(problems(without(ADMIN).filter((one) => one !== VIEW))).toEqual([
      'hub.yaml:1:1 entitlements: missing: a mapping is needed here',
    ]);
  });
});

describe('a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fill = (name: string, files: readonly Source[]): string => {
    const path = join(folder, name);
    mkdirSync(path);
    for (const { file, text } of files) writeFileSync(join(path, file), text);
    return path;
  };

  it('is read whole, whatever the names; hidden files and folders are left alone', () => {
    const path = fill('good', [...ALL, { file: '.draft.yaml', text: 'hub: x' }, { file: 'README.md', text: 'x' }]);
    mkdirSync(join(path, 'old.yaml'));
    const read = readConfigurationAt(path);
    expect(read.ok && read.value.configuration).toEqual(valid(VALID));
  });

  it('problems name the file as it can be opened from here, in the order of the names', () => {
    const path = fill('bad', [HUB, { file: 'a.yaml', text: 'hub: twice\n' }]);
    const read = readConfigurationAt(path);
    const here = relative(process.cwd(), path);
    expect(read.ok ? '' : read.error.split('\n')).toEqual(
      expect.arrayContaining([`${here}/hub.yaml:1:1: "hub" is given in ${here}/a.yaml:1:1 already; give it once`]),
    );
  });

  it.each([
    ['without a file', [], 'has no *.yaml file'],
    [
      'with a file that would be left out',
      [HUB, { file: 'people.yml', text: '' }],
      'people.yml: in a folder only files called *.yaml are read',
    ],
  ])('%s is refused', (name, files, expected) => {
    const read = readConfigurationAt(fill(name, files));
    expect(read.ok ? '' : read.error).toContain(expected);
  });

  it('that is not there is refused', () => {
    const read = readConfigurationAt(join(folder, 'none'));
    expect(read.ok ? '' : read.error).toContain('none cannot be read');
  });
});
