/** How AWS knows a person, with what the file leaves out filled in. */
import type { Path } from './finding.ts';
import type { FilePerson } from './schema.ts';

export type FileIdentity = {
  readonly role: string | undefined;
  readonly session: string;
  readonly path: Path;
  /** Where the session's name is written: the e-mail address, if that is what it is taken from. */
  readonly sessionPath: Path;
};

export function iamIdentitiesOf(id: string, person: FilePerson, permissionSetRole: string | undefined): FileIdentity[] {
  const path = ['identities', 'people', id];
  if (!person.iam) return [{ role: permissionSetRole, session: person.email, path, sessionPath: [...path, 'email'] }];
  return person.iam.map(({ role, session }, index) => {
    const here = [...path, 'iam', index];
    return { role: role ?? permissionSetRole, session, path: here, sessionPath: [...here, 'session'] };
  });
}
