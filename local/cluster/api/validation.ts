/** What an object must be like to be stored: names, labels, and what else the simulated cluster itself relies on. */
import type { Kind, NameRule } from './kinds.ts';
import { isRecord, type KubeObject, listAt, recordAt, textAt, valueAt } from './object.ts';
import { badRequest, type FieldError, invalid } from './refusal.ts';

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const DATA_KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const NAME_RULES: Readonly<Record<NameRule, { form: RegExp; longest: number; text: string }>> = {
  subdomain: {
    form: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    longest: 253,
    text: SUBDOMAIN,
  },
  label: { form: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, longest: 63, text: LABEL },
  serviceLabel: { form: /^[a-z]([-a-z0-9]*[a-z0-9])?$/, longest: 63, text: SERVICE_LABEL },
  pathSegment: { form: /^(?!\.{1,2}$)[^/%]+$/, longest: 1_024, text: "may not contain '/' or '%', nor be '.' or '..'" },
};

function checkName(kind: Kind, name: string): FieldError[] {
  const field = 'metadata.name';
  if (!name) return [{ type: 'Required', field, detail: 'name or generateName is required' }];
  const { form, longest, text } = NAME_RULES[kind.nameRule];
  if (name.length > longest) {
    return [
      { type: 'Invalid', field, value: name.slice(0, longest), detail: `must be no more than ${longest} characters` },
    ];
  }
  return form.test(name) ? [] : [{ type: 'Invalid', field, value: name, detail: text }];
}

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_FORM = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function checkLabels(object: KubeObject): FieldError[] {
  const field = 'metadata.labels';
  return Object.entries(object.metadata.labels ?? {}).flatMap(([key, value]): FieldError[] => {
    if (!LABEL_KEY.test(key))
      return [{ type: 'Invalid', field, value: key, detail: 'name part must be a qualified name' }];
    return LABEL_FORM.test(value) ? [] : [{ type: 'Invalid', field, value, detail: LABEL_VALUE }];
  });
}

/** Of a ConfigMap or Secret, decoded. */
const LARGEST_DATA = 1_048_576;

function checkSize(object: KubeObject): FieldError[] {
  const texts = Object.values(recordAt(object, 'data')).map(String);
  const encoded = Object.values(recordAt(object, 'binaryData')).map(String);
  const [plain, base64] = object.kind === 'Secret' ? [[], texts] : [texts, encoded];
  const size = [
    ...plain.map((text) => Buffer.byteLength(text)),
    ...base64.map((text) => Buffer.byteLength(text, 'base64')),
  ];
  if (size.reduce((sum, length) => sum + length, 0) <= LARGEST_DATA) return [];
  return [{ type: 'TooLong', field: 'data', detail: `may not be more than ${LARGEST_DATA} bytes` }];
}

/** Keys only: a value of a Secret never gets into a message. */
function checkData(object: KubeObject): FieldError[] {
  const keys = Object.keys({ ...recordAt(object, 'data'), ...recordAt(object, 'binaryData') });
  const bad = keys.filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key));
  const errors = bad.map(
    (key): FieldError => ({ type: 'Invalid', field: `data[${key}]`, value: key, detail: DATA_KEY }),
  );
  return [...errors, ...checkSize(object)];
}

function checkRules(object: KubeObject): FieldError[] {
  return listAt(object, 'rules').flatMap((rule, at): FieldError[] =>
    listAt(rule, 'verbs').length > 0
      ? []
      : [{ type: 'Required', field: `rules[${at}].verbs`, detail: 'verbs must contain at least one value' }],
  );
}

function checkBinding(object: KubeObject): FieldError[] {
  const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  const kind = textAt(object, 'roleRef', 'kind');
  const errors: FieldError[] = [];
  if (!kinds.includes(kind)) {
    const detail = `supported values: ${kinds.map((each) => JSON.stringify(each)).join(', ')}`;
    errors.push({ type: 'NotSupported', field: 'roleRef.kind', value: kind, detail });
  }
  if (!textAt(object, 'roleRef', 'name')) errors.push({ type: 'Required', field: 'roleRef.name', detail: '' });
  return errors;
}

function checkContainers(spec: unknown, field: string): FieldError[] {
  const containers = listAt(spec, 'containers');
  if (containers.length === 0) return [{ type: 'Required', field: `${field}.containers`, detail: '' }];
  return containers.flatMap((container, at): FieldError[] =>
    ['name', 'image']
      .filter((part) => !textAt(container, part))
      .map((part) => ({ type: 'Required', field: `${field}.containers[${at}].${part}`, detail: '' })),
  );
}

function checkTemplate(object: KubeObject): FieldError[] {
  const errors = checkContainers(valueAt(object, 'spec', 'template', 'spec'), 'spec.template.spec');
  const wanted = Object.entries(recordAt(object, 'spec', 'selector', 'matchLabels'));
  const labels = recordAt(object, 'spec', 'template', 'metadata', 'labels');
  if (object.kind === 'Job') return errors;
  if (!isRecord(valueAt(object, 'spec', 'selector')))
    errors.push({ type: 'Required', field: 'spec.selector', detail: '' });
  if (wanted.some(([key, value]) => labels[key] !== value)) {
    const detail = '`selector` does not match template `labels`';
    errors.push({ type: 'Invalid', field: 'spec.template.metadata.labels', value: labels, detail });
  }
  return errors;
}

const CHECKS: Readonly<Record<string, (object: KubeObject) => FieldError[]>> = {
  ConfigMap: checkData,
  Secret: checkData,
  Role: checkRules,
  ClusterRole: checkRules,
  RoleBinding: checkBinding,
  ClusterRoleBinding: checkBinding,
  Pod: (pod) => checkContainers(valueAt(pod, 'spec'), 'spec'),
  Deployment: checkTemplate,
  ReplicaSet: checkTemplate,
  DaemonSet: checkTemplate,
  Job: checkTemplate,
};

function throwIfAny(kind: Kind, name: string, errors: readonly FieldError[]): void {
  const [first, ...rest] = errors;
  if (first) throw invalid(kind.kind, kind.group, name, [first, ...rest]);
}

export function validate(kind: Kind, object: KubeObject): void {
  const own = CHECKS[kind.kind]?.(object) ?? [];
  throwIfAny(kind, object.metadata.name, [...checkName(kind, object.metadata.name), ...checkLabels(object), ...own]);
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? {}) === JSON.stringify(b ?? {});

/** What may not change once it is there. */
export function validateChange(kind: Kind, before: KubeObject, after: KubeObject): void {
  const { name } = after.metadata;
  if (kind.kind.endsWith('RoleBinding') && !same(before['roleRef'], after['roleRef'])) {
    const errors: FieldError[] = [
      { type: 'Invalid', field: 'roleRef', value: after['roleRef'], detail: 'cannot change roleRef' },
    ];
    throwIfAny(kind, name, errors);
  }
  if (kind.kind === 'Secret' && before['type'] !== after['type']) {
    throwIfAny(kind, name, [{ type: 'Invalid', field: 'type', value: after['type'], detail: 'field is immutable' }]);
  }
  const frozen = before['immutable'] === true && (kind.kind === 'Secret' || kind.kind === 'ConfigMap');
  if (
    frozen &&
    !(same(before['data'], after['data']) && same(before['binaryData'], after['binaryData']) && after['immutable'])
  ) {
    throwIfAny(kind, name, [
      { type: 'Forbidden', field: 'data', detail: 'field is immutable when `immutable` is set' },
    ]);
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Types that Go's decoder would refuse with a 400, before validation. */
export function checkTypes(kind: Kind, object: KubeObject): void {
  const refuse = (why: string): never => {
    throw badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`);
  };
  const mustBeTexts = (path: readonly string[]): void => {
    const found = valueAt(object, ...path);
    if (found === undefined || found === null) return;
    const field = `${kind.kind}.${path.join('.')}`;
    if (!isRecord(found)) refuse(`json: cannot unmarshal into Go struct field ${field} of type map[string]string`);
    for (const value of Object.values(recordAt(object, ...path))) {
      if (typeof value !== 'string')
        refuse(`json: cannot unmarshal ${typeof value} into Go struct field ${field} of type string`);
    }
  };
  mustBeTexts(['metadata', 'labels']);
  mustBeTexts(['metadata', 'annotations']);
  if (kind.kind !== 'Secret' && kind.kind !== 'ConfigMap') return;
  for (const field of ['data', 'stringData', 'binaryData']) mustBeTexts([field]);
  const encoded = [recordAt(object, 'binaryData'), kind.kind === 'Secret' ? recordAt(object, 'data') : {}];
  for (const value of encoded.flatMap((values) => Object.values(values))) {
    if (!BASE64.test(String(value))) refuse('illegal base64 data');
  }
}
