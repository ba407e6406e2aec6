/** The `scale` subresource of what has replicas: `kubectl scale`. No controller runs, so no pods come or go. */
import type { ObjectRequest } from './cluster-state.ts';
import { mergePatch } from './merge.ts';
import { isRecord, type JsonRecord, type KubeObject, numberAt, recordAt, valueAt } from './object.ts';
import { invalid } from './refusal.ts';
import { mustExist, patchObject } from './write.ts';

export function scaleOf(object: KubeObject): JsonRecord {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = Object.entries(recordAt(object, 'spec', 'selector', 'matchLabels'));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, 'spec', 'replicas') },
    status: {
      replicas: numberAt(object, 'status', 'replicas'),
      selector: labels.map(([key, value]) => `${key}=${value}`).join(','),
    },
  };
}

/** Changes the number of replicas to that of a Scale, and answers the Scale as it is then. */
export function replaceScale(request: ObjectRequest, scale: JsonRecord): JsonRecord {
  const replicas = valueAt(scale, 'spec', 'replicas');
  if (typeof replicas !== 'number' || !Number.isSafeInteger(replicas) || replicas < 0) {
    const detail = 'must be a whole number, greater than or equal to 0';
    throw invalid('Scale', 'autoscaling', request.name, [
      { type: 'Invalid', field: 'spec.replicas', value: replicas, detail },
    ]);
  }
  const { resourceVersion } = recordAt(scale, 'metadata');
  const metadata = resourceVersion === undefined ? {} : { resourceVersion };
  return scaleOf(patchObject(request, 'application/merge-patch+json', { metadata, spec: { replicas } }));
}

/** `patch` is a merge patch of the Scale. */
export function patchScale(request: ObjectRequest, patch: unknown): JsonRecord {
  const scale = mergePatch(scaleOf(mustExist(request)), patch);
  return replaceScale(request, isRecord(scale) ? scale : {});
}
