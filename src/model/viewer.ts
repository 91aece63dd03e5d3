/** Who is asking, as the credential says. */

/** Roles of keys and people from least to most; each may do all that the ones before it may. */
export const ROLES = ['READER', 'WRITER', 'ADMIN'] as const;
export type KeyRole = (typeof ROLES)[number];

/** A DEVICE is no lesser reader: what it may do is another list (auth/policy.ts). */
export type Role = KeyRole | 'DEVICE';

export interface Viewer {
  /** Internal id of the one project that the credential sees. */
  readonly projectId: string;
  readonly role: Role;
  /**
   * Which key, person or device of the project it is, whichever token is shown: the global id of a key or device,
   * `subject:` and the claim `sub` of a person.
   */
  readonly principalId: string;
  /** Name of the key or person, kept as `registeredBy` of the devices it creates; serial of a device. */
  readonly name: string;
  /** Of role DEVICE: internal id of the one device that it stands for. */
  readonly deviceId?: string;
}

/** Whether `role` includes the rights of `least`. DEVICE includes none. */
export function roleIncludes(role: Role, least: KeyRole): boolean {
  const roles: readonly Role[] = ROLES;
  return roles.includes(role) && roles.indexOf(role) >= roles.indexOf(least);
}

/** By whom limits and turns are reckoned: the same for all tokens of one subject or device, which could have as many as it likes. */
export function ownerOf({ projectId, principalId }: Viewer): string {
  return `${projectId}/${principalId}`;
}
