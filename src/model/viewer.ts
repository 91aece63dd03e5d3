/** Who is asking, as the credential says. */

/** Roles from least to most; each may do all that the ones before it may. */
export const ROLES = ['READER', 'WRITER', 'ADMIN'] as const;
export type Role = (typeof ROLES)[number];

export interface Viewer {
  /** Internal id of the one project that the credential sees. */
  readonly projectId: string;
  readonly role: Role;
  /** Name of the key or person; kept as `registeredBy` of the devices it creates. */
  readonly name: string;
}

/** Whether `role` includes the rights of `least`. */
export function roleIncludes(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}
