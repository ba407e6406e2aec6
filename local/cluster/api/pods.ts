/** Subresources of pods. No container runs here: logs are a line or two, and streams into one are refused. */
import { type Answer, text } from './answer.ts';
import type { ObjectRequest } from './cluster-state.ts';
import { readCount } from './list.ts';
import { listAt, textAt } from './object.ts';
import { badRequest, forbidden, methodNotAllowed, notSimulated } from './refusal.ts';
import { forbiddenSentence, type RequestInfo } from './request-info.ts';
import { aboutOf, mustExist } from './write.ts';

function chooseContainer(names: readonly string[], wanted: string, pod: string): string {
  if (wanted && !names.includes(wanted))
    throw badRequest(`container ${wanted.slice(0, 63)} is not valid for pod ${pod}`);
  if (wanted) return wanted;
  const [only, ...others] = names;
  if (only === undefined || others.length > 0) {
    throw badRequest(`a container name must be specified for pod ${pod}, choose one of: [${names.join(' ')}]`);
  }
  return only;
}

function readLog(request: ObjectRequest): string {
  const pod = mustExist(request);
  const names = listAt(pod, 'spec', 'containers').map((container) => textAt(container, 'name'));
  const container = chooseContainer(names, request.query.get('container') ?? '', request.name);
  if (request.query.get('previous') === 'true') {
    throw badRequest(`previous terminated container "${container}" in pod "${request.name}" not found`);
  }
  const started = textAt(pod, 'status', 'startTime');
  if (!started)
    throw badRequest(`container "${container}" in pod "${request.name}" is waiting to start: ContainerCreating`);
  const lines = [
    `${started} ${container} started on ${textAt(pod, 'spec', 'nodeName')}`,
    `${started} ${container} is ready (the local cluster runs no containers: it logs no more than this)`,
  ];
  const tail = request.query.has('tailLines') ? readCount(request.query, 'tailLines') : lines.length;
  return lines
    .slice(Math.max(0, lines.length - tail))
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * Since Kubernetes 1.35 a stream opened by a GET (WebSocket) needs the right to `create` as well: before, whoever could
 * read `pods/exec` could run commands.
 */
function mayStream({ cluster, user }: ObjectRequest, info: RequestInfo): boolean {
  if (!info.on) return false;
  const { group, version, namespace, resource, subresource, name } = info.on;
  const resourceAttributes = { verb: 'create', group, version, namespace, resource, subresource, name };
  const { username, ...who } = user;
  return cluster.reviewAccess({ ...who, user: username, resourceAttributes }).allowed;
}

export function servePodSubresource(request: ObjectRequest, subresource: string, info: RequestInfo): Answer {
  if (subresource === 'log') {
    if (info.verb !== 'get') throw methodNotAllowed();
    return text(200, readLog(request));
  }
  if (info.verb !== 'get' && info.verb !== 'create') throw methodNotAllowed();
  if (!mayStream(request, info)) {
    throw forbidden(aboutOf(request), forbiddenSentence(request.user.username, { ...info, verb: 'create' }));
  }
  mustExist(request);
  throw notSimulated(subresource === 'portforward' ? 'port-forward' : subresource);
}
