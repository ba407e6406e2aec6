/**
 * Rules that are valid and probably not what was meant: access wider than it looks, steps that nobody could decide,
 * names that nothing uses. It warns; what is plainly wrong is an error of the configuration and not found here.
 */
import type { Configuration } from './configuration.ts';
import { lintAccess } from './lint-access.ts';
import { lintApproval } from './lint-approval.ts';
import { lintNames } from './lint-names.ts';
import type { LintContext, LintRule, Warning } from './lint-rule.ts';
import { membersIn } from './members.ts';

/** In the configuration's order. `path` leads to what is warned of, by the file's own keys. */
export function lint(config: Configuration): Warning[] {
  const warnings: Warning[] = [];
  const warn = (rule: LintRule, path: Warning['path'], message: string): void =>
    void warnings.push({ rule, path, message });
  const elsewhere = config.identityCenter?.groups ?? {};
  const areKnown: LintContext['areKnown'] = (subjects) =>
    !subjects.some((subject) => subject.kind === 'group' && Object.hasOwn(elsewhere, subject.name));
  const context: LintContext = { config, membersOf: membersIn(config.directory), areKnown, warn };
  for (const rule of Object.values(config.entitlements)) {
    lintAccess(rule, context);
    lintApproval(rule, context);
  }
  lintNames(context);
  return warnings;
}
