import { chmod, lstat, readdir, readFile, lchown, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Binaries, OTHER_POSTGRES } from './binaries.js';
import { type Command, run } from './command.js';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root, so "who runs it" is a choice. */
export interface Account {
  /** In a few words, for the log. */
  readonly means: string;
  /** Whom the files of the database must belong to; absent: they stay ours. */
  readonly owner?: Owner;
  /** The program as this account starts it. */
  command(file: string, args: readonly string[]): Command;
}

// `initdb --show` makes nothing, but looks for all that it would need: its other programs, and a name for the user. Some
// of that goes by access(2), which may say no where running the program says yes.
const TRIAL = 'cd "$1" && "$2" --version && exec "$3" --show --pgdata="$1" >/dev/null';

interface PasswdEntry extends Owner {
  readonly name: string;
}

/**
 * Chooses the account and tries it: it must be able to enter `dataDir` and to run the programs. `clusterFolder` may not
 * exist yet; if it does, its owner decides. Gives the version of Postgres too, as that is what the trial asks for.
 */
export async function chooseAccount(
  dataDir: string,
  clusterFolder: string,
  binaries: Binaries,
): Promise<{ account: Account; version: string }> {
  const faults: string[] = [];
  for (const account of await candidates(clusterFolder)) {
    if (account.needsOpenFolder) await chmod(dataDir, 0o711);
    const trial = account.command('/bin/sh', ['-c', TRIAL, 'sh', dataDir, binaries.postgres, binaries.initdb]);
    try {
      const version = await run(trial);
      if (account.owner !== undefined) await giveTo(account.owner, clusterFolder);
      return { account, version };
    } catch (fault) {
      faults.push(`${account.means}: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  }
  const asRoot =
    process.getuid?.() === 0
      ? 'Postgres does not run as root, and no other account reaches both the data folder and the programs: start as ' +
        'another user, or set DATA_DIR to a folder such as /var/lib/fleetgraph and keep the project outside of closed folders. '
      : 'The programs need glibc (on Alpine and the like install its postgresql package and name it in PG_BIN_DIR), and a line for this user in /etc/passwd. ';
  throw new Error(
    `the embedded Postgres cannot run on ${dataDir} with ${binaries.postgres}. ${asRoot}${OTHER_POSTGRES}\n${faults.join('\n')}`,
  );
}

type Candidate = Account & { readonly needsOpenFolder?: true };

async function candidates(clusterFolder: string): Promise<Candidate[]> {
  const uid = process.getuid?.() ?? -1;
  const passwd = parsePasswd(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const stranger = ['postgres', 'nobody', 'daemon']
    .map((name) => passwd.find((entry) => entry.name === name))
    .concat(passwd)
    .find((entry) => entry !== undefined);

  if (uid !== 0) {
    const asIs: Candidate = { means: 'as the present user', command: (file, args) => ({ file, args }) };
    // initdb looks itself up in the list of users, where a container's arbitrary uid is missing.
    return hasName() || stranger === undefined ? [asIs] : [mapped(stranger), asIs];
  }

  const present = await stat(clusterFolder).catch(() => undefined);
  if (present !== undefined && present.uid !== 0) {
    const owner = { uid: present.uid, gid: present.gid };
    return [withClosedFolders(owner), dropped(owner)];
  }
  if (stranger === undefined) return [];
  return [mapped(stranger), withClosedFolders(stranger), dropped(stranger)];
}

/** Our own files under another name: in a user namespace, root (or a nameless user) is seen as `inside`. */
function mapped(inside: Owner): Candidate {
  const map = ['--user', `--map-user=${inside.uid}`, `--map-group=${inside.gid}`, '--'];
  return {
    means: 'in a user namespace',
    command: (file, args) => ({ file: 'unshare', args: [...map, file, ...args] }),
  };
}

/**
 * Another user who keeps root's right to pass closed folders, for containers that refuse user namespaces and have the
 * project under /root. No more than what the namespace allows, where the server acts on root's files.
 */
function withClosedFolders({ uid, gid }: Owner): Candidate {
  const rights = [
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    // Without it access(2), by which Postgres looks for its programs, disregards the right.
    '--securebits=+no_setuid_fixup',
    '--',
  ];
  return {
    means: `as user ${uid} with the right to pass closed folders`,
    owner: { uid, gid },
    command: (file, args) => ({
      file: 'setpriv',
      args: [`--reuid=${uid}`, `--regid=${gid}`, ...rights, file, ...args],
    }),
  };
}

/** Another user with that user's rights only; needs no tool, but open folders all the way. */
function dropped({ uid, gid }: Owner): Candidate {
  return {
    means: `as user ${uid}`,
    owner: { uid, gid },
    needsOpenFolder: true,
    command: (file, args) => ({ file, args, user: { uid, gid } }),
  };
}

function hasName(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

function parsePasswd(text: string): PasswdEntry[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter((entry) => entry.uid > 0 && entry.gid > 0);
}

/** Makes a folder and all in it the owner's; does nothing where it is so or where there is none. Follows no links. */
export async function giveTo(owner: Owner, folder: string): Promise<void> {
  const present = await lstat(folder).catch(() => undefined);
  if (present === undefined || present.uid === owner.uid) return;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), owner.uid, owner.gid);
  }
  // Last, so that an interrupted run is repeated.
  await lchown(folder, owner.uid, owner.gid);
}
