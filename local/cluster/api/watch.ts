/**
 * Watches: one JSON line for each change. A watch is authorized when it begins and never again: it goes on after the
 * access that opened it has ended, as on EKS.
 */
import { minutes, plus, seconds } from '../../../src/core/time.ts';
import type { Answer, Sink } from './answer.ts';
import type { ObjectRequest } from './cluster-state.ts';
import { groupVersion } from './kinds.ts';
import { readCount } from './list.ts';
import type { KubeObject } from './object.ts';
import { badRequest, Refusal } from './refusal.ts';
import { type Representation, representOne, tableOf } from './representation.ts';
import { isTrue } from './request-info.ts';
import { type Matches, readSelectors } from './selectors.ts';
import type { StoreEvent } from './store.ts';

/** The least time after which kube-apiserver ends a watch that names none (`--min-request-timeout`). */
const DEFAULT_TIMEOUT = minutes(30);

type EventType = StoreEvent['type'];

/** An object that leaves the selection is deleted to this watcher; one that enters it is new. */
function eventFor({ type, object, before }: StoreEvent, matches: Matches): EventType | undefined {
  const was = before !== undefined && matches(before);
  const is = type !== 'DELETED' && matches(object);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}

type Writer = { send(type: EventType, object: KubeObject): void; bookmark(revision: number): void };

function eventWriter(request: ObjectRequest, form: Representation, sink: Sink): Writer {
  const { kind, cluster } = request;
  let headers = true;
  const line = (type: string, object: object): void => sink.write(`${JSON.stringify({ type, object })}\n`);
  return {
    send(type, object) {
      const nowMs = cluster.clock.now();
      if (form.as !== 'table') return line(type, representOne(kind, object, form, nowMs));
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      line(type, tableOf(kind, [object], { rowObject: form.rowObject, nowMs, metadata, headers }));
      headers = false;
    },
    bookmark(revision) {
      const annotations = { 'k8s.io/initial-events-end': 'true' };
      const metadata = { resourceVersion: String(revision), creationTimestamp: null, annotations };
      line('BOOKMARK', { kind: kind.kind, apiVersion: groupVersion(kind), metadata });
    },
  };
}

/** From where to watch, and whether what is there comes first. */
function readStart({ query, cluster }: ObjectRequest): { since: number; replay: boolean; bookmark: boolean } {
  const version = readCount(query, 'resourceVersion');
  const initial = isTrue(query.get('sendInitialEvents'));
  if (initial && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  const replay = version === 0 || initial;
  return { since: replay ? cluster.store.revision() : version, replay, bookmark: initial };
}

export function watchObjects(request: ObjectRequest, form: Representation): Answer {
  const { cluster, kind, namespace, query } = request;
  const matches = readSelectors(query, kind);
  const { since, replay, bookmark } = readStart(request);
  const named = readCount(query, 'timeoutSeconds');
  const ends = plus(cluster.clock.now(), named > 0 ? seconds(named) : DEFAULT_TIMEOUT);

  return {
    type: 'stream',
    start(sink) {
      const writer = eventWriter(request, form, sink);
      const relay = (event: StoreEvent): void => {
        const type = eventFor(event, matches);
        if (type) writer.send(type, event.object);
      };
      if (replay)
        for (const object of cluster.store.list(kind, namespace).filter(matches)) writer.send('ADDED', object);
      if (bookmark) writer.bookmark(since);
      try {
        const unwatch = cluster.store.watch(kind, namespace, since, relay);
        const cancel = cluster.clock.at(ends, () => sink.end());
        return () => {
          cancel();
          unwatch();
        };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        sink.write(`${JSON.stringify({ type: 'ERROR', object: error.status })}\n`);
        sink.end();
        return () => {};
      }
    },
  };
}
