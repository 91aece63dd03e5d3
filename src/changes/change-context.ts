import type { SearchContext } from '../search/search.js';

/** What a change needs to know: a search's context, and who makes it. */
export interface ChangeContext extends SearchContext {
  /** Name of the key or person; kept as `registeredBy` of new devices. */
  readonly actor: string;
  /** Absent: the installation itself, such as the demonstration fleet, whose changes leave no entry. */
  readonly audit?: AuditFacts;
}

/** What an entry of the audit log says of the request, beside the actor. */
export interface AuditFacts {
  readonly role: string;
  /** Absent: the installation itself, by the command line. */
  readonly principalId?: string;
  readonly requestId: string;
  readonly reports: AuditedReports;
}

/** Whose reports leave entries: nobody's, those that come with a key or a person's token, or devices' own too. */
export type AuditedReports = 'none' | 'keys' | 'all';
