/**
 * The stock AWS CLI and kubectl against `npm start`, with nothing but DIR/env sourced. Would catch a command of the article
 * that the project grew from that does not work as it is written.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKubectls } from '../local-cluster/kubectl.ts';
import { ADMIN } from './harness.ts';
import { type LocalMode, startLocalMode, temporaryFolder } from './local-mode.ts';

const run = promisify(execFile);
const hasCli = await run('aws', ['--version']).then(
  () => true,
  () => false,
);
const kubectl = findKubectls().at(-1);
if (!hasCli) console.log('[cases] skipped: no aws CLI on the PATH');
if (!kubectl) console.log('[cases] skipped: no kubectl on this machine');

const ROLE = 'arn:aws:iam::111122223333:role/KubernetesAdmin';
const POLICY = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

describe.skipIf(!hasCli)('with DIR/env sourced, as operator', { timeout: 60_000 }, () => {
  const ends: (() => void)[] = [];
  const folder = temporaryFolder((remove) => void ends.push(remove));
  let running: LocalMode;
  beforeAll(async () => {
    running = await startLocalMode(folder);
  });
  afterAll(async () => {
    await running?.kill();
    for (const end of ends) end();
  });
  /** As typed into a terminal of somebody whose environment has AWS settings of their own. */
  const typed = async (command: string) => {
    const env = { PATH: process.env['PATH'], HOME: folder, AWS_PROFILE: 'work', AWS_ACCESS_KEY_ID: 'mine' };
    const { stdout } = await run('bash', ['-euc', `. ${folder}/env\n${command}`], { env });
    return stdout;
  };
  const listed = async (): Promise<string[]> =>
    JSON.parse(await typed('aws eks list-access-entries --cluster-name mycluster')).accessEntries;

  it("the article's aws commands, as written", async () => {
    expect(await typed('aws eks list-access-policies')).toContain(POLICY);
    const entry = JSON.parse(
      await typed(`aws eks create-access-entry --cluster-name mycluster \\\n  --principal-arn ${ROLE}`),
    );
    expect(entry.accessEntry).toMatchObject({ principalArn: ROLE, type: 'STANDARD', clusterName: 'mycluster' });
    const associated = JSON.parse(
      await typed(
        `aws eks associate-access-policy --cluster-name mycluster \\\n  --principal-arn ${ROLE} \\\n  --policy-arn ${POLICY} \\\n  --access-scope type=cluster`,
      ),
    );
    expect(associated.associatedAccessPolicy).toMatchObject({ policyArn: POLICY, accessScope: { type: 'cluster' } });
    expect(await listed()).toContain(ROLE);
  });

  it.skipIf(!kubectl)(
    "the article's kubectl commands, with the role that update-kubeconfig --role-arn names",
    async () => {
      const said = await typed(
        [
          `export PATH=${kubectl?.path.replace(/\/[^/]*$/, '')}:"$PATH"`,
          `kubectl() { command ${kubectl?.path} "$@"; }`,
          `aws eks update-kubeconfig --region eu-west-1 --name mycluster --role-arn ${ROLE}`,
          'kubectl cluster-info',
          'kubectl auth can-i delete pods -A',
          'kubectl auth can-i get configmap/aws-auth -n kube-system',
          'kubectl get configmaps -A',
          'kubectl get secrets -A',
          'kubectl -n kube-system create secret generic testsecret',
          'kubectl -n kube-system delete secret testsecret',
        ].join('\n'),
      );
      expect(said).toMatch(/control plane.* is running at /);
      expect(said.match(/^yes$/gm)).toHaveLength(2);
      expect(said).toContain('secret/testsecret created');
      expect(said).toContain('secret "testsecret" deleted');
    },
  );

  it('a grant appears in list-access-entries while it lives, and not after', async () => {
    await typed(`aws eks delete-access-entry --cluster-name mycluster --principal-arn ${ROLE}`);
    expect(await listed()).not.toContain(ROLE);
    const { id } = (await running.call('alice', 'POST', '/v1/grants', ADMIN)).body;
    const state = async () => (await running.call('alice', 'GET', `/v1/grants/${id}`)).body.state;
    await running.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
    await expect.poll(state, { timeout: 8_000 }).toBe('active');
    expect(await listed()).toContain(ROLE);
    const tags = JSON.parse(
      await typed(`aws eks describe-access-entry --cluster-name mycluster --principal-arn ${ROLE}`),
    ).accessEntry.tags;
    expect(tags).toMatchObject({ 'hallpass:grant': id, 'hallpass:hub': 'laptop' });
    await running.call('alice', 'POST', `/v1/grants/${id}/end`, {});
    await expect.poll(state, { timeout: 8_000 }).toBe('ended');
    expect(await listed()).not.toContain(ROLE);
  });
});
