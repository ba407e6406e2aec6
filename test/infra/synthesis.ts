/** Stacks synthesised in this process, and what their templates say; bundles are stubs unless a test brings its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type BuildOptions, buildStacks, type Stacks } from '../../infra/build.ts';
import type { Configuration } from '../../src/core/configuration.ts';

export type Statement = {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
};
export type Document = { readonly Version: string; readonly Statement: readonly Statement[] };
export type Resource = {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
};
export type Templates = Readonly<Record<'data' | 'hub' | 'people' | 'clusters', Template>> & {
  readonly byAccount: Readonly<Record<string, Template>>;
  /** Names of the stacks that `cdk deploy` protects from deletion. */
  readonly protectedStacks: readonly string[];
};

export const FUNCTION_NAMES = [
  ...['api', 'breakglass', 'doctor', 'guard', 'inventory', 'publisher', 'reaper', 'sweeper', 'workflow'],
  ...['slack', 'interactions', 'notifier'],
];

export function stubBundles(folder: string, names: readonly string[] = FUNCTION_NAMES): string {
  for (const name of names) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'index.mjs'), 'export const handler = async () => {};\n');
  }
  return folder;
}

export function synthesise(config: Configuration, options: Partial<BuildOptions> = {}): Templates {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-infra-'));
  try {
    const app = new App({ outdir: join(folder, 'out') });
    const bundles = options.bundles ?? stubBundles(join(folder, 'bundles'));
    const given = { alarmEmail: 'oncall@example.com', ...options };
    return read(buildStacks(app, config, { ...given, bundles, staging: join(folder, 'staging') }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read({ data, hub, people, clusters }: Stacks): Templates {
  const byAccount = Object.fromEntries(
    Object.entries(clusters).map(([account, stack]) => [account, Template.fromStack(stack)]),
  );
  const [first] = Object.values(byAccount);
  if (!first) throw new Error('the configuration has no cluster');
  return {
    data: data ? Template.fromStack(data) : Template.fromJSON({ Resources: {} }),
    hub: Template.fromStack(hub),
    people: Template.fromStack(people),
    clusters: first,
    byAccount,
    protectedStacks: [hub, people, ...(data ? [data] : []), ...Object.values(clusters)]
      .filter((stack) => stack.terminationProtection)
      .map((stack) => stack.stackName)
      .sort(),
  };
}

export const resourcesOf = (template: Template): Record<string, Resource> =>
  template.toJSON()['Resources'] as Record<string, Resource>;

export const ofType = (template: Template, type: string): Resource[] =>
  Object.values(resourcesOf(template)).filter((resource) => resource.Type === type);

/** Every role's one policy, by the role's name. */
export function policiesOf(...templates: readonly Template[]): Record<string, Document> {
  const roles = templates.flatMap((template) => ofType(template, 'AWS::IAM::Role'));
  return Object.fromEntries(
    roles.map(({ Properties }) => {
      const [policy] = Properties['Policies'] as { PolicyDocument: Document }[];
      return [String(Properties['RoleName']), policy?.PolicyDocument ?? { Version: '2012-10-17', Statement: [] }];
    }),
  );
}
