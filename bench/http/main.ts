/**
 * Fleetgraph, PostGraphile and servers written by hand, on one database and one Node, measured in turns over HTTP:
 * `npm run bench:http -- [--devices N] [--data-dir DIR] [--only Q1,Q5] [--servers A,C] [--rounds N] [--seconds N]
 * [--concurrency 1,16] [--workers N] [--profile DIR]`. docs/benchmarks.md says what is compared.
 */
import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { DataSource } from 'typeorm';
import { SETTINGS } from '../../src/config.js';
import { withFleet } from '../search/database.js';
import { type BenchArguments, parseArguments } from './arguments.js';
import { checkAnswers } from './check.js';
import { type Client, createClient } from './client.js';
import { type Contender, SERVER_OF, type ServerName } from './contenders.js';
import { createKey } from './key.js';
import { measureInTurns } from './measure.js';
import { ensurePackages, PACKAGES, versionOf } from './packages.js';
import { QUERIES } from './queries.js';
import { TABLE_HEAD, tableLines } from './report.js';
import { readSample } from './sample.js';
import { type RunningServer, startServer } from './servers.js';
import { SQL_FUNCTIONS } from './sql-functions.js';

const ROOT = join(__dirname, '../..');
const KEY_NAME = 'bench:http';

async function main(signal: AbortSignal): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args.workers > 1 && !Object.hasOwn(SETTINGS, 'WORKERS')) {
    throw new Error('--workers: this fleetgraph has no setting WORKERS');
  }
  const node = await ensurePackages();
  signal.throwIfAborted();
  await withFleet({ devices: args.devices, dataDir: args.dataDir, databaseUrl: undefined }, async (dataSource, url) => {
    for (const text of SQL_FUNCTIONS) await dataSource.query(text);
    const key = await createKey(dataSource, KEY_NAME);
    await printConditions(args, node, dataSource);
    await withServers(args, node, url, async (servers) => {
      signal.throwIfAborted();
      await compare(args, { node, signal, dataSource, servers, key });
    });
  });
}

type Servers = ReadonlyMap<ServerName, RunningServer>;

/** Stops all, also if one does not start or the work fails. */
async function withServers(
  { contenders, workers, profile }: BenchArguments,
  node: string,
  databaseUrl: string,
  work: (servers: Servers) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fleetgraph-bench-http-'));
  const servers = new Map<ServerName, RunningServer>();
  try {
    const options = { node, databaseUrl, folder, workers, profile: profile && resolve(profile) };
    for (const name of new Set(contenders.map((contender) => SERVER_OF[contender]))) {
      servers.set(name, await startServer(name, options));
    }
    await work(servers);
  } finally {
    await Promise.all(Array.from(servers.values(), (server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

interface Comparison {
  readonly node: string;
  readonly signal: AbortSignal;
  readonly dataSource: DataSource;
  readonly servers: Servers;
  readonly key: string;
}

async function compare(args: BenchArguments, { node, signal, dataSource, servers, key }: Comparison): Promise<void> {
  const serverOf = (contender: Contender) => servers.get(SERVER_OF[contender])!;
  const clients = new Map<Contender, Client>(
    args.contenders.map((contender) => [contender, createClient(serverOf(contender).url, key)]),
  );
  const sample = await readSample(dataSource, args.devices, {
    A: clients.get('A'),
    B: clients.get('B') ?? clients.get('B2'),
  });
  const [{ pid: postmasterPid }] = await dataSource.query(
    `select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)::integer as pid`,
  );
  const queries = QUERIES.filter(({ id }) => args.only.includes(id));
  for (const query of queries) {
    signal.throwIfAborted();
    await checkAnswers(query, clients, sample, dataSource);
  }
  // What was changed so far, by the checks and by earlier runs, makes every count of devices read their rows.
  await dataSource.query(`vacuum (analyze)`);
  console.log(['# all answers and changes are equal', '', ...TABLE_HEAD].join('\n'));
  for (const query of queries) {
    for (const concurrency of query.oneAtATime ? [1] : args.concurrencies) {
      const results = await measureInTurns(query, {
        ...args,
        concurrency,
        node,
        signal,
        orderOf: (contender) => {
          const { url, pid: serverPid } = serverOf(contender);
          return { url, key, sample, serverPid, postmasterPid };
        },
      });
      console.log(tableLines(results).join('\n'));
    }
  }
}

async function printConditions(args: BenchArguments, node: string, dataSource: DataSource): Promise<void> {
  const [{ version }] = await dataSource.query(`select current_setting('server_version') as version`);
  const output = async (file: string, ...rest: string[]) =>
    (await promisify(execFile)(file, rest, { cwd: ROOT })).stdout.trim();
  const changed = (await output('git', 'status', '--porcelain', '--untracked-files=no')) === '' ? '' : ' with changes';
  const commit = await output('git', 'rev-parse', '--short', 'HEAD').then(
    (text) => `commit ${text}${changed}`,
    () => 'no commit',
  );
  const ours = ['@apollo/server', 'graphql', 'typeorm', 'pg'].map((name) => `${name} ${versionOf(name, ROOT)}`);
  const theirs = ['postgraphile', 'postgraphile-plugin-connection-filter', 'grafast', 'pg', 'autocannon'].map(
    (name) => `${name} ${versionOf(name, PACKAGES)}`,
  );
  console.log(
    [
      `# ${new Date().toISOString().slice(0, 10)}, ${commit}, Node ${await output(node, '--version')}, Postgres ${version} (fsync off)`,
      `# fleetgraph with ${ours.join(', ')}${args.workers > 1 ? `, ${args.workers} workers` : ''}; against ${theirs.join(', ')}`,
      `# ${args.devices} devices, medians of ${args.rounds} rounds of ${args.seconds} s in turns`,
    ].join('\n'),
  );
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // Who asks twice does not want to wait for an orderly end.
    if (interrupt.signal.aborted) process.exit(1);
    interrupt.abort(`stopped by ${name}`);
  });
}
main(interrupt.signal).catch((fault: unknown) => {
  console.error(interrupt.signal.aborted ? interrupt.signal.reason : fault);
  process.exitCode = 1;
});
