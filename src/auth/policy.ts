/** Who may do what: one function for each rule. */
import { AppError } from '../errors.js';
import { type Role, roleIncludes, type Viewer } from '../model/viewer.js';

/** Throws UNAUTHENTICATED if nobody asks, FORBIDDEN if who asks has less than this role. */
export function assertRole(viewer: Viewer | undefined, least: Role): void {
  if (viewer === undefined) throw new AppError('UNAUTHENTICATED', 'A valid key is needed, as HTTP Basic or Bearer.');
  if (!roleIncludes(viewer.role, least)) {
    throw new AppError('FORBIDDEN', `This needs a key of role ${least}; the role of this key is ${viewer.role}.`);
  }
}

/** Keys are seen by those who may make and revoke them; to others they are as unknown as random ids. */
export function maySeeApiKeys(viewer: Viewer): boolean {
  return roleIncludes(viewer.role, 'ADMIN');
}

/** How searches are carried out tells of the installation, and of how often values occur. */
export function maySeePlans(viewer: Viewer): boolean {
  return roleIncludes(viewer.role, 'ADMIN');
}
