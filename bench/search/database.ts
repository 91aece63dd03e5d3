/** The benchmark's database: one that is given, or an embedded one in a kept or a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source.js';
import { startEmbeddedPostgres } from '../../src/database/embedded/launcher.js';
import { migrate } from '../../src/database/migrate.js';
import { createLogger } from '../../src/logger.js';
import type { BenchArguments } from './arguments.js';
import { hasFleet, makeFleet } from './fleet.js';

/** Runs `work` on a database that holds the fleet, made now if it is not there yet. */
export async function withFleet(
  { devices, databaseUrl, dataDir }: Pick<BenchArguments, 'devices' | 'databaseUrl' | 'dataDir'>,
  work: (dataSource: DataSource, url: string) => Promise<void>,
): Promise<void> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'fleetgraph-bench-')));
  const server =
    databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDir: folder, volatile: true, logger: createLogger('warn') })
      : undefined;
  try {
    const url = databaseUrl ?? server!.url;
    const dataSource = createDataSource({ url, poolSize: 2 });
    await dataSource.initialize();
    try {
      await migrate(dataSource);
      if (!(await hasFleet(dataSource, devices))) {
        await makeFleet(dataSource, url, devices, (text) => console.log(`# ${text}`));
      }
      await work(dataSource, url);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await server?.stop();
    if (dataDir === undefined) await rm(folder, { recursive: true, force: true });
  }
}
