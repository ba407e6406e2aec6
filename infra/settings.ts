/** What a deployment is told besides hallpass.yaml: `-c name=value` on the command line, or `context` in cdk.json. */
import { existsSync } from 'node:fs';
import type { Node } from 'constructs';
import { readConfigurationAt } from '../src/aws/configuration-files.ts';
import type { Configuration } from '../src/core/configuration.ts';

/** Something that whoever deploys has to mend: its message says what, where, and what would be right. */
export class CannotDeploy extends Error {
  override name = 'CannotDeploy';
}

export type Settings = {
  /** Path of the configuration: a file, or a folder of them. */
  readonly config: string;
  /** Folder with one folder for each function, as `npm run bundle` makes it. */
  readonly bundles: string;
  /** Who is told of alarms. Without it, nobody is, until somebody subscribes to the topics. */
  readonly alarmEmail?: string;
  /** `o-…`: executors then trust the hub only while it is in this organization. */
  readonly organization?: string;
  /** A table restored from a backup, and its stream, in place of the data stack's own. */
  readonly table?: { readonly name: string; readonly streamArn: string };
  /** Executions kept for each function that ends access or is for emergencies; none without it. */
  readonly reservedConcurrency?: number;
};

const KNOWN = [
  'config',
  'bundles',
  'alarmEmail',
  'organization',
  'table',
  'tableStream',
  'reservedConcurrency',
] as const;
type Name = (typeof KNOWN)[number];

const RULES: Partial<Record<Name, { readonly pattern: RegExp; readonly right: string }>> = {
  alarmEmail: { pattern: /^[^\s@]+@[^\s@]+\.[^\s@]+$/, right: 'an e-mail address' },
  organization: { pattern: /^o-[a-z0-9]{10,32}$/, right: 'the id of an organization, like o-a1b2c3d4e5' },
  table: { pattern: /^[\w.-]{3,255}$/, right: 'the name of a DynamoDB table' },
  tableStream: {
    pattern: /^arn:aws[a-z-]*:dynamodb:[^:]+:\d{12}:table\/[^/]+\/stream\/.+$/,
    right: "the ARN of the table's stream",
  },
  reservedConcurrency: { pattern: /^([1-9]|[1-4]\d|50)$/, right: 'a number from 1 to 50' },
};

/** Throws `CannotDeploy`. */
export function settingsOf(node: Pick<Node, 'tryGetContext'>): Settings {
  const given = (name: Name): string | undefined => {
    const known: unknown = node.tryGetContext(name);
    if (known === undefined || known === '') return undefined;
    // What is text on the command line may be a number in cdk.json.
    const value = name === 'reservedConcurrency' && typeof known === 'number' ? String(known) : known;
    const rule = RULES[name];
    if (typeof value !== 'string' || (rule && !rule.pattern.test(value)))
      throw new CannotDeploy(`-c ${name}=${String(value)} is not ${rule?.right ?? 'text'}.`);
    return value;
  };
  const [table, tableStream, alarmEmail, organization] = [
    given('table'),
    given('tableStream'),
    given('alarmEmail'),
    given('organization'),
  ];
  const reserved = given('reservedConcurrency');
  if ((table === undefined) !== (tableStream === undefined))
    throw new CannotDeploy('-c table and -c tableStream go together: a restored table, and the stream enabled on it.');
  return {
    config: given('config') ?? 'hallpass.yaml',
    bundles: given('bundles') ?? 'dist/functions',
    ...(alarmEmail !== undefined && { alarmEmail }),
    ...(organization !== undefined && { organization }),
    ...(table !== undefined && tableStream !== undefined && { table: { name: table, streamArn: tableStream } }),
    ...(reserved !== undefined && { reservedConcurrency: Number(reserved) }),
  };
}

/** Reads the configuration, a file or a folder. Throws `CannotDeploy` with every problem, its line and a caret under it. */
export function configurationAt(path: string): Configuration {
  if (!existsSync(path))
    throw new CannotDeploy(`${path} cannot be read. Name the configuration with -c config=<path>.`);
  const read = readConfigurationAt(path);
  if (!read.ok) throw new CannotDeploy(read.error);
  return read.value.configuration;
}
