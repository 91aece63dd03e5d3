import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureAdminKey, hasAdminKey } from './auth/api-keys.js';
import { generateSecret } from './auth/secrets.js';
import type { Database } from './database/query.js';

interface AdminKeyOptions {
  readonly database: Database;
  readonly projectId: string;
  /** From the environment; wins over everything else. */
  readonly givenSecret: string | undefined;
  /** Folder of the embedded database, beside which a generated key is kept; absent: it is shown once and kept nowhere. */
  readonly keyFolder: string | undefined;
}

export interface AdminKey {
  readonly secret: string;
  /** File in which it is kept, if it is. */
  readonly file: string | undefined;
  /** Whether it was made at this start. */
  readonly isNew: boolean;
}

const KEY_FILE = 'admin-key';

/**
 * Sees to it that the first project has an admin key. Answers the key where it may be shown: one that is kept in a
 * file, and one just made. A key given by the environment is known to whoever gave it and is not shown.
 */
export async function createAdminKey(options: AdminKeyOptions): Promise<AdminKey | undefined> {
  const { database, projectId, givenSecret, keyFolder } = options;
  if (givenSecret !== undefined) {
    await ensureAdminKey({ database, projectId, secret: givenSecret });
    return undefined;
  }
  if (keyFolder !== undefined) {
    const file = join(keyFolder, KEY_FILE);
    const kept = await readKey(file);
    const secret = kept ?? generateSecret();
    if (kept === undefined) await writeKey(keyFolder, file, secret);
    await ensureAdminKey({ database, projectId, secret });
    return { secret, file, isNew: kept === undefined };
  }
  if (await hasAdminKey({ database, projectId })) return undefined;
  const secret = generateSecret();
  await ensureAdminKey({ database, projectId, secret });
  return { secret, file: undefined, isNew: true };
}

async function readKey(file: string): Promise<string | undefined> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Readable by the owner alone, from the first moment. */
async function writeKey(folder: string, file: string, secret: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}
