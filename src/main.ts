/** The process: arguments, environment, signals, exit code. */
import 'reflect-metadata';
import cluster from 'node:cluster';
import { parseArgs } from 'node:util';
import type { App } from './app.js';
import { type Config, ConfigError, parseConfig, SETTINGS } from './config.js';
import { createLogger, type Logger } from './logger.js';
import { mapSources } from './source-maps.js';

/** Supervisors kill after 10 s; what has not ended by then is cut off. */
const STOP_WITHIN_MS = 9_500;

async function main(): Promise<void> {
  const { help } = readArguments();
  if (help) {
    console.log(helpText());
    return;
  }
  const config = readConfig();
  mapSources();
  if (cluster.isWorker) {
    const { runWorker } = await import('./cluster/worker.js');
    await runWorker(config);
    return;
  }
  const logger = createLogger(config.LOG_LEVEL);
  let stopped = false;
  const end = async (app: App | undefined, status: number) => {
    if (stopped) process.exit(1);
    stopped = true;
    setTimeout(() => process.exit(status), STOP_WITHIN_MS).unref();
    await app?.stop();
    process.exit(status);
  };

  let running: App | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      logger.info({ signal }, 'stopping');
      void end(running, 0);
    });
  }
  try {
    running = await startGateway(config, logger, (reason) => {
      logger.fatal({ reason }, 'the gateway cannot go on');
      void end(running, 1);
    });
  } catch (error) {
    if (stopped) return;
    console.error(`fleetgraph could not start: ${startFault(error)}`);
    logger.debug({ err: error }, 'the server could not start');
    process.exit(1);
  }
  announce(running);
}

/** Loads what this process needs and no more: the primary of several processes serves nothing itself. */
async function startGateway(config: Config, logger: Logger, onLost: (reason: string) => void): Promise<App> {
  if (config.WORKERS > 1) {
    const { startCluster } = await import('./cluster/primary.js');
    return startCluster(config, { logger, program: __filename, onLost });
  }
  const { startApp } = await import('./app.js');
  return startApp(config, { logger, onDatabaseLost: onLost });
}

/** What went wrong, with the setting that would help. */
function startFault(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE' || code === 'EACCES') return `${message} (PORT and HOST choose another address)`;
  if (/no space left/i.test(message))
    return `${message} (free space on the disk of DATA_DIR, or choose another folder)`;
  // 28: wrong user or password; 3D000: no such database.
  if (/^(ECONN|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|28|3D)/.test(code))
    return `${message} (DATABASE_URL names the database)`;
  return message;
}

/** What a person reads at start; the ready line is the last, for scripts that wait for it. */
function announce({ url, adminKey }: App): void {
  if (adminKey?.isNew === true) {
    console.log(
      `admin key: ${adminKey.secret} (${adminKey.file === undefined ? 'shown only now' : `kept in ${adminKey.file}`})`,
    );
  }
  // Only a key that is kept anyway goes into the address: the first click works, and nothing is told twice.
  const fragment = adminKey?.file === undefined ? '' : `#key=${encodeURIComponent(adminKey.secret)}`;
  console.log(`playground: ${url}/${fragment}`);
  console.log(`fleetgraph ready at ${url}/graphql`);
}

function readArguments(): { help: boolean } {
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } });
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nTry --help.`);
    process.exit(2);
  }
}

function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

function helpText(): string {
  const settings = Object.entries(SETTINGS).map(
    ([name, { summary, fallback }]) => `  ${name}\n      ${summary} Default: ${fallback}.`,
  );
  return `Usage: npm start [-- --help]

Starts the gateway. Settings come from the environment:

${settings.join('\n')}`;
}

void main();
