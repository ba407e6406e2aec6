/**
 * What is wrong with a piece of Block Kit, in the words and the form in which Slack says it:
 * `must be less than 151 characters [json-pointer:/blocks/0/text/text]`.
 */
export type Problems = string[];

/** Looks at a value that stands at the JSON pointer `at`, and adds what is wrong with it. */
export type Check = (value: unknown, at: string, problems: Problems) => void;

export const report = (problems: Problems, at: string, what: string): void =>
  void problems.push(`${what} [json-pointer:${at}]`);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lengths are counted in UTF-16 code units: never fewer than the characters that Slack counts. */
export const string =
  ({ max, min = 0 }: { max: number; min?: number }): Check =>
  (value, at, problems) => {
    if (typeof value !== 'string') return report(problems, at, 'must be a string');
    if (value.length < min) report(problems, at, `must be more than ${min - 1} characters`);
    if (value.length > max) report(problems, at, `must be less than ${max + 1} characters`);
  };

export const matching =
  (pattern: RegExp, what: string): Check =>
  (value, at, problems) => {
    if (typeof value !== 'string' || !pattern.test(value)) report(problems, at, what);
  };

export const boolean: Check = (value, at, problems) => {
  if (typeof value !== 'boolean') report(problems, at, 'must be a boolean');
};

export const integer =
  (least: number, most: number): Check =>
  (value, at, problems) => {
    if (!Number.isInteger(value)) return report(problems, at, 'must be an integer');
    if ((value as number) < least) report(problems, at, `must be more than ${least - 1}`);
    if ((value as number) > most) report(problems, at, `must be less than ${most + 1}`);
  };

export const oneOf =
  (...allowed: readonly string[]): Check =>
  (value, at, problems) => {
    if (typeof value !== 'string' || !allowed.includes(value))
      report(problems, at, `must be one of: ${allowed.join(', ')}`);
  };

export const list =
  (item: Check, { min = 1, max }: { min?: number; max: number }): Check =>
  (value, at, problems) => {
    if (!Array.isArray(value)) return report(problems, at, 'must be an array');
    if (value.length < min) report(problems, at, `no fewer than ${min} items allowed`);
    if (value.length > max) report(problems, at, `no more than ${max} items allowed`);
    for (const [i, one] of value.entries()) item(one, `${at}/${i}`, problems);
  };

/** All of `required`, some of `optional`, and nothing else; `type` is looked at by whoever chose this check. */
export const object =
  (required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value, at, problems) => {
    if (!isRecord(value)) return report(problems, at, 'must be an object');
    for (const [name, check] of Object.entries(required)) {
      if (value[name] === undefined) report(problems, at, `missing required field: ${name}`);
      else check(value[name], `${at}/${name}`, problems);
    }
    for (const [name, one] of Object.entries(value)) {
      if (name === 'type' || name in required || one === undefined) continue;
      const check = optional[name];
      if (check) check(one, `${at}/${name}`, problems);
      else report(problems, `${at}`, `invalid additional property: ${name}`);
    }
  };

/** Chooses the check by the value's `type`. */
export const byType =
  (kinds: Readonly<Record<string, Check>>): Check =>
  (value, at, problems) => {
    if (!isRecord(value)) return report(problems, at, 'must be an object');
    const type = value['type'];
    if (type === undefined) return report(problems, at, 'missing required field: type');
    const check = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (check) check(value, at, problems);
    else report(problems, `${at}/type`, `unsupported type: ${String(type)}`);
  };

export const all =
  (...checks: readonly Check[]): Check =>
  (value, at, problems) => {
    for (const check of checks) check(value, at, problems);
  };
