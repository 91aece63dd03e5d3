import { execFile } from 'node:child_process';

/** A program ready to be started: under which account is settled. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** The account to start it as, where it is another than ours. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/**
 * All that a child gets to see of the environment. Ours may hold PGDATA, PGPORT or a LANG that would change what Postgres
 * does, or no PATH at all.
 */
export const CHILD_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs to the end; gives the trimmed stdout, or throws with what the program said on stderr. */
export async function run({ file, args, user }: Command): Promise<string> {
  return new Promise((resolve, reject) => {
    // In the root folder, since our own working folder may be closed to the account.
    execFile(file, args, { env: CHILD_ENVIRONMENT, cwd: '/', ...user }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new Error(stderr.trim() || error.message, { cause: error }));
    });
  });
}
