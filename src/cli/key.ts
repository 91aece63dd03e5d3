import { createApiKey, listApiKeys, revokeApiKey } from '../auth/api-keys.js';
import { audited } from '../changes/audit.js';
import { createdApiKeyEntry, revokedApiKeyEntry } from '../changes/audited-api-key.js';
import { findProject } from '../changes/project.js';
import { parseDateTime } from '../model/date-time.js';
import { toGlobalId } from '../model/global-id.js';
import { parseName } from '../model/names.js';
import { ROLES } from '../model/viewer.js';
import { runAction } from './actions.js';
import { EXIT_CODE, type ExitCode, usageError } from './exit-code.js';
import { checked, type Installation, INSTALLATION_HELP, withInstallation } from './installation.js';
import { parseWords } from './parse-words.js';
import { printable } from './printable.js';
import type { Command, Shell } from './shell.js';
import { writeTable } from './table.js';

export const keyCommand: Command = {
  name: 'key',
  summary: 'Makes, lists and revokes API keys of a project.',
  help: `Usage: fleetgraph key create --project SLUG --name NAME --role ROLE [--expires TIME]
       fleetgraph key list --project SLUG
       fleetgraph key revoke --project SLUG ID

create prints the secret and nothing else on stdout, so that KEY=$(fleetgraph key create ...) keeps it. It is shown once.
list prints id, name, role, times of creation, expiry, last use and revocation, with tabs between; - stands for never.
revoke ends a key at once; revoking it again changes nothing.

Options:
  --project SLUG   The project; fleetgraph project list shows all.
  --name NAME      1 to 256 characters; the devices that the key creates carry it as registeredBy.
  --role ROLE      ${ROLES.join(', ')}.
  --expires TIME   When the key stops working, such as 2027-01-31T00:00:00Z. Default: never.
  -h, --help       Shows this.

${INSTALLATION_HELP}

Exit codes:
  ${EXIT_CODE.done}  Done.
  ${EXIT_CODE.failed}  The database could not be used. Nothing was changed.
  ${EXIT_CODE.usage}  A wrong option or setting, or there is no such project or key. Nothing was changed.`,
  run: (args, shell) => runAction('key', { create, list, revoke }, args, shell),
};

const TEXT = { type: 'string' } as const;

async function create(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const { values, positionals } = parseWords('key', args, { project: TEXT, name: TEXT, role: TEXT, expires: TEXT });
  if (positionals.length > 0) throw usageError(`key create: what is "${positionals[0]}"? Try --name.`);
  const slug = required('create', 'project', values.project);
  const name = required('create', 'name', values.name);
  const wanted = required('create', 'role', values.role);
  checked(() => parseName(name, '--name'));
  const role = ROLES.find((one) => one === wanted);
  if (role === undefined) throw usageError(`--role: one of ${ROLES.join(', ')}, got "${wanted}"`);
  const now = new Date();
  const expiresAt = values.expires === undefined ? null : parseExpiry(values.expires, now);
  const secret = await inProject(shell, slug, async (project) => {
    const made = await audited(project, 'createApiKey', {
      work: (inTransaction) => createApiKey(inTransaction, { name, role, expiresAt }, now),
      entryOf: ({ apiKey }) => createdApiKeyEntry(apiKey),
    });
    return made.secret;
  });
  shell.stdout.write(`${secret}\n`);
  shell.stderr.write(`the ${role} key "${printable(name)}" of ${slug} is made; its secret is shown only now\n`);
  return EXIT_CODE.done;
}

async function list(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const { values, positionals } = parseWords('key', args, { project: TEXT });
  if (positionals.length > 0) throw usageError(`key list takes no "${positionals[0]}"`);
  const keys = await inProject(shell, required('list', 'project', values.project), listApiKeys);
  writeTable(
    shell,
    keys.map(({ id, name, role, ...key }) => {
      const times = [key.createdAt, key.expiresAt, key.lastUsedAt, key.revokedAt];
      return [toGlobalId('ApiKey', id), name, role, ...times.map((time) => time?.toISOString() ?? null)];
    }),
  );
  return EXIT_CODE.done;
}

async function revoke(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const { values, positionals } = parseWords('key', args, { project: TEXT });
  const [id, ...others] = positionals;
  if (id === undefined || others.length > 0) throw usageError('key revoke: one id, as fleetgraph key list shows it');
  const slug = required('revoke', 'project', values.project);
  const now = new Date();
  const { name } = await inProject(shell, slug, (project) =>
    audited(project, 'revokeApiKey', {
      work: (inTransaction) => revokeApiKey(inTransaction, id, now, 'ID'),
      entryOf: (apiKey) => revokedApiKeyEntry(apiKey, now),
    }),
  );
  shell.stderr.write(`the key "${printable(name)}" of ${slug} is revoked\n`);
  return EXIT_CODE.done;
}

function required(action: string, option: string, value: string | undefined): string {
  if (value === undefined) throw usageError(`key ${action}: --${option} is missing`);
  return value;
}

function parseExpiry(text: string, now: Date): Date {
  let time: Date;
  try {
    time = parseDateTime(text);
  } catch (fault) {
    throw usageError(`--expires: ${fault instanceof Error ? fault.message : String(fault)}`);
  }
  if (time <= now) throw usageError('--expires: a time in the future');
  return time;
}

function inProject<Result>(
  shell: Shell,
  slug: string,
  work: (project: Installation & { readonly projectId: string }) => Promise<Result>,
): Promise<Result> {
  return withInstallation(shell, async (installation) => {
    const project = slug.includes('\0') ? null : await findProject(installation.database, slug);
    if (project === null) throw usageError(`--project: there is no project "${printable(slug)}"`);
    return work({ ...installation, projectId: String(project.id) });
  });
}
