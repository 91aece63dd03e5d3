import { startEmbeddedPostgres } from '../../src/database/embedded/launcher.js';
import { createLogger } from '../../src/logger.js';

/**
 * A process that starts the embedded Postgres on the folder of its argument, prints `{ url, owned }` as JSON, and runs
 * until it is killed, or stops in good order at SIGTERM.
 */
async function main([dataDir = '', binDir]: string[]): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir, binDir, volatile: true, logger: createLogger('warn') });
  const alive = setInterval(() => undefined, 60_000);
  process.once('SIGTERM', () => {
    clearInterval(alive);
    void server.stop();
  });
  process.stdout.write(`${JSON.stringify({ url: server.url, owned: server.owned })}\n`);
}

void main(process.argv.slice(2));
