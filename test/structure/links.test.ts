/**
 * Catches: a link of the documentation that leads nowhere (a page, a heading or a test that was renamed), two decisions
 * with one number, a decision or a page that no reader would find, a command of package.json that nobody explains.
 */
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { countCases } from '../core/fixtures.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = globSync(['*.md', '{docs,infra,.github}/**/*.md'], { cwd: ROOT }).sort();
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
/** What stands between backticks is no link and no heading. */
const prose = (page: string): string => read(page).replace(/^```[\s\S]*?^```$/gm, '');

/** As GitHub makes them: lower-case, spaces to hyphens, anything but letters, digits, hyphens and underscores dropped. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
const anchorsOf = (page: string): readonly string[] =>
  [...prose(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

const LINKS = PAGES.flatMap((page) =>
  [
    ...prose(page)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, link = '']) => ({ page, link }))
    .filter(({ link }) => !/^[a-z]+:/.test(link)),
);

function isBroken({ page, link }: { page: string; link: string }): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
  if (!exists(target)) return true;
  return anchor !== undefined && target.endsWith('.md') && !anchorsOf(relative(ROOT, target)).includes(anchor);
}

test('every link leads somewhere, to a heading that is there', () => {
  countCases('links of the documentation', LINKS.length);
  expect(LINKS.length).toBeGreaterThan(50);
  expect(LINKS.filter(isBroken).map(({ page, link }) => `${page}: ${link}`)).toEqual([]);
});

test('every test that a page names is there', () => {
  const named = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
    [...prose(page).matchAll(/`(test\/[\w./*-]+)`/g)].map(([, path = '']) => ({ page, path })),
  );
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ path }) => globSync(path, { cwd: ROOT }).length === 0)).toEqual([]);
});

test('decisions are numbered from 1, each number once, and all of them are listed', () => {
  const files = globSync('docs/decisions/[0-9]*.md', { cwd: ROOT }).sort();
  const listed = files.map((file, index) => {
    const title = /^# (\d+)\. (.+)$/m.exec(read(file));
    expect({ file, number: title?.[1] }).toEqual({ file, number: String(index + 1) });
    return `${index + 1}. [${title?.[2]}](${relative('docs/decisions', file)})`;
  });
  const list = read('docs/decisions/README.md')
    .split('\n')
    .filter((line) => /^\d+\. /.test(line));
  expect(list.map((line) => line.replace(/\[.*\]/, ''))).toEqual(listed.map((line) => line.replace(/\[.*\]/, '')));
});

test('the README leads to every page of docs/', () => {
  const pages = globSync('docs/*.md', { cwd: ROOT });
  expect(pages.filter((page) => !read('README.md').includes(`](${page})`))).toEqual([]);
});

test('CONTRIBUTING explains every npm script', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const explained = read('CONTRIBUTING.md');
  const missing = Object.keys(scripts).filter(
    // The parts of `npm run check` are explained with it.
    (name) => !name.startsWith('check:') && !new RegExp(`npm (run )?${name}(?![\\w:])`).test(explained),
  );
  expect(missing).toEqual([]);
});
