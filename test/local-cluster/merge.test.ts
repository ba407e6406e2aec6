/** Would catch: a patch that loses or doubles items of a list, or that changes what it was given. */
import { describe, expect, it } from 'vitest';
import { jsonPatch, PatchFailed } from '../../local/cluster/api/json-patch.ts';
import { mergePatch, strategicMergePatch } from '../../local/cluster/api/merge.ts';

describe('strategic merge patch', () => {
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: '1', ports: [{ containerPort: 80 }] },
        { name: 'b', image: '1' },
      ],
      args: ['x'],
    },
  };

  it('merges containers by name and replaces plain lists', () => {
    const patch = {
      spec: {
        containers: [
          { name: 'b', image: '2' },
          { name: 'c', image: '1' },
        ],
        args: ['y', 'z'],
      },
    };
    expect(strategicMergePatch(pod, patch)).toEqual({
      spec: {
        containers: [
          { name: 'a', image: '1', ports: [{ containerPort: 80 }] },
          { name: 'b', image: '2' },
          { name: 'c', image: '1' },
        ],
        args: ['y', 'z'],
      },
    });
    expect(pod.spec.containers).toHaveLength(2);
  });

  it('deletes one item, replaces a list, orders the rest', () => {
    expect(strategicMergePatch(pod, { spec: { containers: [{ name: 'a', $patch: 'delete' }] } })).toMatchObject({
      spec: { containers: [{ name: 'b' }] },
    });
    expect(strategicMergePatch(pod, { spec: { containers: [{ $patch: 'replace' }, { name: 'z' }] } })).toMatchObject({
      spec: { containers: [{ name: 'z' }] },
    });
    const order = {
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
      containers: [{ name: 'a', image: '9' }],
    };
    expect(strategicMergePatch(pod, { spec: order })).toMatchObject({
      spec: { containers: [{ name: 'b' }, { name: 'a', image: '9' }] },
    });
  });

  it('knows a service’s ports from a container’s, retained keys and primitive lists', () => {
    expect(
      strategicMergePatch({ ports: [{ port: 1, name: 'x' }] }, { ports: [{ port: 1, name: 'y' }, { port: 2 }] }),
    ).toEqual({
      ports: [{ port: 1, name: 'y' }, { port: 2 }],
    });
    expect(
      strategicMergePatch(
        { strategy: { type: 'A', rollingUpdate: {} } },
        { strategy: { $retainKeys: ['type'], type: 'B' } },
      ),
    ).toEqual({
      strategy: { type: 'B' },
    });
    expect(
      strategicMergePatch(
        { finalizers: ['a', 'b'] },
        { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] },
      ),
    ).toEqual({
      finalizers: ['b', 'c'],
    });
  });
});

describe('merge patch', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j (RFC 7396, appendix A)', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });
});

describe('JSON patch', () => {
  it.each([
    [{ a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    [
      { 'a/b': 1, 'm~n': 2 },
      [
        { op: 'replace', path: '/a~1b', value: 3 },
        { op: 'remove', path: '/m~0n' },
      ],
      { 'a/b': 3 },
    ],
    [
      { a: { b: 1 } },
      [
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'test', path: '/c/b', value: 1 },
      ],
      { a: { b: 1 }, c: { b: 1 } },
    ],
    [{ a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
  ])('%j with %j', (target, patch, result) => {
    expect(jsonPatch(target, patch)).toEqual(result);
  });

  it.each([
    [[{ op: 'remove', path: '/b' }]],
    [[{ op: 'replace', path: '/b', value: 1 }]],
    [[{ op: 'add', path: '/b/c', value: 1 }]],
    [[{ op: 'add', path: 'a', value: 1 }]],
    [[{ op: 'add', path: '/l/5', value: 1 }]],
    [[{ op: 'add', path: '/l/01', value: 1 }]],
    [[{ op: 'frob', path: '/a' }]],
    [['x']],
  ])('fails on %j', (patch) => {
    const target = { a: 1, l: [1] };
    expect(() => jsonPatch(target, patch)).toThrow(PatchFailed);
    expect(target).toEqual({ a: 1, l: [1] });
  });

  it('does not let a document double itself', () => {
    const doubling = Array.from({ length: 40 }, (_, n) => ({ op: 'copy', from: '', path: `/${n}` }));
    expect(() => jsonPatch({ a: 1 }, doubling)).toThrow('the copies are too large');
    const endless = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
    expect(() => jsonPatch({ a: 1 }, endless)).toThrow('too many operations');
  });
});
