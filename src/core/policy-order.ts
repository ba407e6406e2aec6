/** Which access policy allows all that another does. A test holds it against the rules that AWS publishes. */
import type { AccessPolicyName } from './access.ts';
import { matchesPattern } from './access.ts';
import type { OfferedAccess } from './configuration.ts';

/** Besides itself. Two policies of which neither includes the other are simply different. */
export const INCLUDES: Readonly<Record<AccessPolicyName, readonly AccessPolicyName[]>> = {
  AmazonEKSClusterAdminPolicy: [
    'AmazonEKSAdminPolicy',
    'AmazonEKSEditPolicy',
    'AmazonEKSViewPolicy',
    'AmazonEKSAdminViewPolicy',
    'AmazonEKSSecretReaderPolicy',
    'AmazonEKSSecretAdminPolicy',
  ],
  AmazonEKSAdminPolicy: ['AmazonEKSEditPolicy', 'AmazonEKSViewPolicy', 'AmazonEKSSecretReaderPolicy'],
  AmazonEKSEditPolicy: ['AmazonEKSViewPolicy', 'AmazonEKSSecretReaderPolicy'],
  AmazonEKSAdminViewPolicy: ['AmazonEKSViewPolicy', 'AmazonEKSSecretReaderPolicy'],
  AmazonEKSSecretAdminPolicy: ['AmazonEKSSecretReaderPolicy'],
  AmazonEKSViewPolicy: [],
  AmazonEKSSecretReaderPolicy: [],
};

/** Whether everything that `part` gives, `whole` gives too. Of what cannot be known the answer is no. */
export function covers(whole: OfferedAccess, part: OfferedAccess): boolean {
  if (whole.kind === 'groups' || part.kind === 'groups')
    return (
      whole.kind === 'groups' &&
      part.kind === 'groups' &&
      part.kubernetesGroups.every((group) => whole.kubernetesGroups.includes(group))
    );
  if (whole.policy !== part.policy && !INCLUDES[whole.policy].includes(part.policy)) return false;
  if (whole.scope === 'cluster') return true;
  if (part.scope === 'cluster') return false;
  return part.namespaces.every((pattern) => whole.namespaces.some((wide) => coversPattern(wide, pattern)));
}

/** A pattern covers another if it matches that one's text, a `*` there taken for letters that stand nowhere else. */
const coversPattern = (wide: string, pattern: string): boolean =>
  wide === pattern || matchesPattern(wide, pattern.replaceAll('*', 'x0x'));
