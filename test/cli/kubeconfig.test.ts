/**
 * Catches: a kubeconfig that lost something which was not ours: another context, a comment, a mode, a whole file; an
 * entry written where kubectl does not look for it; a way in that outlives "--remove"; a secret written into the file.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { GrantView } from '../../src/http/schemas.ts';
import { active, grant, ID, OTHER_ID, withTimeline } from './grants.ts';
import { environment, run } from './run.ts';
import { type ApiServer, ok, startApi } from './server.ts';

const NAME = 'mycluster-view-dev@mycluster';
const CA = Buffer.from('-----BEGIN CERTIFICATE-----\n').toString('base64');
const REACHABLE = { endpoint: 'https://127.0.0.1:6443', certificateAuthorityData: CA };

let api: ApiServer;
let folder: string;
beforeEach(async () => {
  api = await startApi();
  folder = mkdtempSync(join(tmpdir(), 'hallpass-kubeconfig-'));
  answer(active());
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

/** As a hub answers that knows the cluster's endpoint. */
function answer(view: GrantView, cluster: object = REACHABLE): void {
  api.answer = ({ id }) => ok(withTimeline({ ...view, id, cluster: { ...view.cluster, ...cluster } }));
}

const file = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(file(name), 'utf8');
const write = (name: string, content: string): void => writeFileSync(file(name), content);
const kubeconfig = (argv: readonly string[], env: Record<string, string> = { KUBECONFIG: file('config') }) =>
  run(['kubeconfig', ...argv], { env: { ...environment(api.url), HOME: folder, ...env } });

const SOMEBODYS = `# mine, do not touch
apiVersion: v1
kind: Config
preferences: {}
extensions:
- name: big
  extension: 12345678901234567890
clusters:
- name: home # the small one
  cluster:
    server: https://home:6443
    insecure-skip-tls-verify: true
users:
- name: me
  user:
    token: "0123" # old
contexts:
- name: home
  context: {cluster: home, user: me, namespace: "on"}
current-context: home
`;

test('a new file: for its owner only, with all that kubectl needs and no secret', async () => {
  const { code, stdout, stderr } = await kubeconfig([ID], {
    HOME: folder,
    AWS_PROFILE: 'alice',
    AWS_CONFIG_FILE: 'aws/config',
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${NAME}\n` });
  expect(stderr).toContain(`kubectl now uses "${NAME}"`);
  expect(statSync(file('.kube/config')).mode & 0o777).toBe(0o600);
  expect(statSync(file('.kube')).mode & 0o777).toBe(0o700);
  expect(parse(text('.kube/config'))).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: NAME, cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': CA } }],
    users: [
      {
        name: NAME,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: '/usr/local/bin/hallpass',
            args: [
              'token',
              '--cluster',
              'mycluster',
              '--region',
              'eu-west-1',
              '--role-arn',
              `arn:aws:iam::111122223333:role/hallpass/laptop/hallpass-laptop-${ID}`,
              '--grant',
              ID,
            ],
            env: [
              { name: 'AWS_PROFILE', value: 'alice' },
              { name: 'AWS_CONFIG_FILE', value: join(process.cwd(), 'aws/config') },
              { name: 'AWS_SHARED_CREDENTIALS_FILE', value: '/nowhere/credentials' },
            ],
            interactiveMode: 'Never',
            provideClusterInfo: false,
            installHint: expect.stringContaining('Hallpass'),
          },
        },
      },
    ],
    contexts: [{ name: NAME, context: { cluster: NAME, namespace: 'dev', user: NAME } }],
    'current-context': NAME,
  });
  expect(text('.kube/config')).not.toMatch(/AKIA|not-a-secret|SECRET_ACCESS/);
});

test('--profile goes along, an endpoint with a password does not', async () => {
  await kubeconfig([ID, '--profile', 'alice'], {
    KUBECONFIG: file('config'),
    AWS_ENDPOINT_URL: 'https://user:secret@proxy.example.com',
    AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:4566',
    AWS_CONFIG_FILE: profileFile(),
  });
  const { env } = parse(text('config')).users[0].user.exec;
  expect(env).toContainEqual({ name: 'AWS_PROFILE', value: 'alice' });
  expect(env).toContainEqual({ name: 'AWS_ENDPOINT_URL_STS', value: 'http://127.0.0.1:4566' });
  expect(text('config')).not.toContain('secret@');
});

function profileFile(): string {
  write(
    'aws',
    '[profile alice]\naws_access_key_id = AKIAALICE0000000000A\naws_secret_access_key = not-a-secret-at-all\n',
  );
  return file('aws');
}

test('somebody’s own entries, comments, mode and link stay, and removing gives the file back as it was', async () => {
  write('real', SOMEBODYS);
  chmodSync(file('real'), 0o640);
  symlinkSync(file('real'), file('config'));
  await kubeconfig([ID, '--keep-current']);
  expect(lstatSync(file('config')).isSymbolicLink()).toBe(true);
  expect(statSync(file('real')).mode & 0o777).toBe(0o640);
  const merged = text('real');
  for (const kept of [
    '# mine, do not touch',
    '# the small one',
    'token: "0123" # old',
    'namespace: "on"',
    '12345678901234567890',
  ]) {
    expect(merged).toContain(kept);
  }
  expect(parse(merged)).toMatchObject({ 'current-context': 'home', users: [{ name: 'me' }, { name: NAME }] });

  const { code, stdout } = await kubeconfig([ID, '--remove']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${NAME}\n` });
  expect(parse(text('real'))).toEqual(parse(SOMEBODYS));
  expect(text('real')).toContain('# mine, do not touch');
  expect(readdirSync(folder).sort()).toEqual(['config', 'real']);
});

test('again is the same as once, and a newer grant takes the older one’s place', async () => {
  await kubeconfig([ID]);
  const once = text('config');
  await kubeconfig([ID]);
  expect(text('config')).toBe(once);
  await kubeconfig([OTHER_ID]);
  expect(text('config')).toBe(once.replaceAll(`- ${ID}`, `- ${OTHER_ID}`));
});

test('two grants side by side under names of their own; removing one leaves the other', async () => {
  await kubeconfig([ID]);
  await kubeconfig([OTHER_ID, '--context', 'incident']);
  await kubeconfig([OTHER_ID, '--remove']);
  expect(parse(text('config'))).toMatchObject({
    clusters: [{ name: NAME }],
    users: [{ name: NAME }],
    contexts: [{ name: NAME }],
    'current-context': '',
  });
});

test('removing asks nobody, and what is not there is no error', async () => {
  write('config', SOMEBODYS);
  const { code, stderr } = await kubeconfig([ID, '--remove']);
  expect(code).toBe(0);
  expect(stderr).toContain('nothing was changed');
  expect(text('config')).toBe(SOMEBODYS);
  expect(api.calls).toEqual([]);
});

test('a cluster of ours that somebody’s own context uses stays', async () => {
  await kubeconfig([ID]);
  write(
    'config',
    text('config').replace('contexts:\n', `contexts:\n- name: own\n  context: {cluster: "${NAME}", user: me}\n`),
  );
  await kubeconfig([ID, '--remove']);
  expect(parse(text('config'))).toMatchObject({ clusters: [{ name: NAME }], users: [], contexts: [{ name: 'own' }] });
});

test.each(['clusters', 'users', 'contexts'])(
  'a name that somebody’s own entry in %s bears is not taken',
  async (section) => {
    const own = `apiVersion: v1\nkind: Config\n${section}:\n- name: ${NAME}\n`;
    write('config', own);
    const { code, stderr } = await kubeconfig([ID]);
    expect(code).toBe(6);
    expect(stderr).toMatch(/Choose another name with --context/);
    expect(text('config')).toBe(own);
  },
);

test.each([
  ['not YAML', 'clusters: [\nusers: {', /could be read/],
  ['a tab', 'clusters:\n\t- name: x\n', /could be read/],
  ['a list', '- a\n- b\n', /could be read/],
  ['text', 'hello', /could be read/],
  ['another kind', 'apiVersion: v1\nkind: Secret\n', /kind/],
  ['clusters that are no list', 'clusters:\n  a: b\n', /clusters/],
  ['an entry without a name', 'users:\n- user: {}\n', /users\.0\.name/],
  ['a key twice', 'users: []\nusers: []\n', /unique/],
  ['two documents', 'users: []\n---\nusers: []\n', /multiple documents/],
  ['an alias to nothing', 'users: *nothing\n', /could be read/],
])('a damaged file (%s) is refused and left as it is', async (_what, damaged, words) => {
  write('config', damaged);
  for (const argv of [[ID], [ID, '--remove']]) {
    const { code, stdout, stderr } = await kubeconfig(argv);
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toMatch(words);
    expect(stderr).toContain(file('config'));
    expect(text('config')).toBe(damaged);
  }
  expect(readdirSync(folder)).toEqual(['config']);
});

test('one damaged file among several stops all before anything is written', async () => {
  write('one', SOMEBODYS);
  write('two', ': [');
  expect(await kubeconfig([ID], { KUBECONFIG: [file('one'), file('two')].join(delimiter) })).toMatchObject({ code: 6 });
  expect(text('one')).toBe(SOMEBODYS);
});

test('kubectl’s lock is respected, and taken away when done', async () => {
  write('config', SOMEBODYS);
  write('config.lock', '');
  const { code, stderr } = await kubeconfig([ID]);
  expect(code).toBe(6);
  expect(stderr).toContain(`delete ${file('config.lock')}`);
  expect(text('config')).toBe(SOMEBODYS);
  rmSync(file('config.lock'));
  expect(await kubeconfig([ID])).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).toEqual(['config']);
});

test('several files: new entries go to the first that exists, known ones stay where they are', async () => {
  write('two', SOMEBODYS);
  write('three', 'apiVersion: v1\nkind: Config\n');
  const KUBECONFIG = ['', file('one'), file('two'), file('three'), file('two')].join(delimiter);
  await kubeconfig([ID], { KUBECONFIG });
  expect(existsSync(file('one'))).toBe(false);
  expect(parse(text('two'))).toMatchObject({ 'current-context': NAME, contexts: [{ name: 'home' }, { name: NAME }] });

  write('three', text('two'));
  write('two', SOMEBODYS);
  await kubeconfig([OTHER_ID, '--keep-current'], { KUBECONFIG });
  expect(text('two')).toBe(SOMEBODYS);
  expect(text('three')).toContain(OTHER_ID);
  await kubeconfig([OTHER_ID, '--remove'], { KUBECONFIG });
  expect(text('three')).not.toContain(NAME);
});

test('none of several exists: the last one is made; --kubeconfig means that file alone', async () => {
  const KUBECONFIG = [file('one'), file('two')].join(delimiter);
  await kubeconfig([ID], { KUBECONFIG });
  expect(readdirSync(folder)).toEqual(['two']);
  await kubeconfig([ID, '--kubeconfig', file('three')], { KUBECONFIG });
  expect(parse(text('three'))).toMatchObject({ 'current-context': NAME });
});

test('values that YAML 1.1 would take for something else are quoted', async () => {
  answer(
    active({ access: { policyArn: 'x', accessScope: { type: 'namespace', namespaces: ['on'] }, description: '' } }),
  );
  await kubeconfig([ID, '--context', 'no']);
  expect(text('config')).toContain('namespace: "on"');
  expect(text('config')).toContain('current-context: "no"');
});

test('what cannot be entered is not written', async () => {
  answer(grant({ state: 'ended', endedAt: '2026-11-24T10:00:00Z' }));
  expect(await kubeconfig([ID])).toMatchObject({ code: 1, stderr: expect.stringMatching(/is over \(ended\)/) });
  answer(active(), { endpoint: 'http://127.0.0.1:6443', certificateAuthorityData: CA });
  expect(await kubeconfig([ID])).toMatchObject({ code: 2, stderr: expect.stringMatching(/over https only/) });
  answer(active(), {});
  expect(await kubeconfig([ID])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/aws eks describe-cluster --name mycluster --region eu-west-1.*\n.*--endpoint URL/),
  });
  expect(existsSync(file('config'))).toBe(false);
});

test('endpoint and CA from the command line', async () => {
  answer(active(), {});
  write('ca.pem', '-----BEGIN CERTIFICATE-----\n');
  const where = ['--endpoint', 'https://example.com', '--ca-file', file('ca.pem')];
  expect(await kubeconfig([ID, ...where])).toMatchObject({ code: 0 });
  expect(parse(text('config')).clusters[0].cluster).toEqual({
    server: 'https://example.com',
    'certificate-authority-data': CA,
  });
  write('ca.pem', 'not one');
  expect(await kubeconfig([ID, ...where])).toMatchObject({ code: 2, stderr: expect.stringMatching(/no certificate/) });
});

test('a grant that is not active yet may be written, and it is said that it opens nothing', async () => {
  answer(grant());
  expect(await kubeconfig([ID])).toMatchObject({ code: 0, stderr: expect.stringMatching(/the grant is pending/) });
});

const kubectl = ['kubectl.1.31', 'kubectl.1.33', 'kubectl']
  .flatMap((name) =>
    [...(process.env['PATH'] ?? '').split(delimiter), '/usr/lib/google-cloud-sdk/bin'].map((dir) => join(dir, name)),
  )
  .find((path) => existsSync(path));

test.skipIf(kubectl === undefined)('stock kubectl reads what was written, and finds it where it looks', async () => {
  write('one', SOMEBODYS);
  write('two', JSON.stringify({ apiVersion: 'v1', kind: 'Config', users: [{ name: 'json', user: { token: 'x' } }] }));
  const KUBECONFIG = [file('one'), file('two')].join(delimiter);
  await kubeconfig([ID], { KUBECONFIG });
  await kubeconfig([OTHER_ID, '--context', 'on', '--kubeconfig', file('two')], { KUBECONFIG });
  const view = (...argv: string[]): string =>
    execFileSync(kubectl ?? '', ['config', ...argv], { env: { ...process.env, KUBECONFIG }, encoding: 'utf8' });
  expect(view('current-context')).toBe(`${NAME}\n`);
  expect(view('get-contexts', '-o', 'name').trim().split('\n').sort()).toEqual(['home', NAME, 'on']);
  const minified = JSON.parse(view('view', '--minify', '-o', 'json'));
  expect(minified.contexts).toEqual([{ name: NAME, context: { cluster: NAME, namespace: 'dev', user: NAME } }]);
  expect(minified.users[0].user.exec.args).toContain(ID);
  expect(JSON.parse(view('view', '-o', 'json')).users).toHaveLength(4);
});
