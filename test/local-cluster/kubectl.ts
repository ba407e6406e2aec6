/** Stock kubectl, wherever this machine has it: on the PATH, or as `kubectl.1.NN` beside a dispatcher there. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunningCluster } from '../../local/cluster/cluster.ts';

export type Kubectl = { path: string; minor: number };
export type Outcome = { code: number; stdout: string; stderr: string };

function minorOf(path: string): number | undefined {
  try {
    const out = execFileSync(path, ['version', '--client', '-o', 'json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
    });
    const minor = Number.parseInt(JSON.parse(out).clientVersion.minor, 10);
    return Number.isNaN(minor) ? undefined : minor;
  } catch {
    return undefined;
  }
}

/** Every kubectl to be found, by minor version. */
export function findKubectls(): readonly Kubectl[] {
  const found = new Map<number, string>();
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const plain = join(folder, 'kubectl');
    if (!folder || !existsSync(plain)) continue;
    const beside = dirname(realpathSync(plain));
    const siblings = readdirSync(beside).filter((name) => /^kubectl\.1\.\d+$/.test(name));
    for (const name of siblings) found.set(Number(name.slice('kubectl.1.'.length)), join(beside, name));
    const minor = siblings.length > 0 ? undefined : minorOf(plain);
    if (minor !== undefined) found.set(minor, plain);
  }
  return [...found].map(([minor, path]) => ({ path, minor })).sort((a, b) => b.minor - a.minor);
}

export type Person = {
  /** Runs kubectl with a kubeconfig of this person's own; never rejects. */
  run(...args: string[]): Promise<Outcome>;
};

/** A home for kubectl: a folder with kubeconfigs and caches that is gone afterwards. */
export async function kubectlHome() {
  const folder = await mkdtemp(join(tmpdir(), 'hallpass-kubectl-'));
  let files = 0;
  return {
    async as(kubectl: Kubectl, cluster: RunningCluster, token: string): Promise<Person> {
      const kubeconfig = join(folder, `config-${files++}`);
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          {
            name: 'c',
            cluster: { server: cluster.url, 'certificate-authority-data': cluster.certificateAuthorityData },
          },
        ],
        users: [{ name: 'u', user: { token } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      };
      await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
      const env = {
        HOME: folder,
        KUBECONFIG: kubeconfig,
        PATH: process.env['PATH'] ?? '',
        NO_COLOR: '1',
        TERM: 'dumb',
      };
      return {
        run: (...args) =>
          new Promise((resolve) => {
            execFile(kubectl.path, args, { env, cwd: folder, timeout: 30_000 }, (error, stdout, stderr) => {
              resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
            });
          }),
      };
    },
    write: async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
