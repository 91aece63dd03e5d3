/** Postgres's settings, given on its command line, so that a data folder of an older release gets them too. */
export function serverSettings({ port, connections = 0, volatile }: ServerOptions): string[] {
  const max_connections = Math.max(LEAST_CONNECTIONS, connections + OTHER_CONNECTIONS);
  const settings = { ...REACH, port, max_connections, ...SIZE, ...LOG, ...(volatile ? VOLATILE : {}) };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

interface ServerOptions {
  readonly port: number;
  /** Of the gateway that starts it. */
  readonly connections?: number | undefined;
  readonly volatile: boolean;
}

const LEAST_CONNECTIONS = 200;
/** For command-line tools, and for other gateways on the same folder. */
const OTHER_CONNECTIONS = 50;

/** Nobody from outside of this machine, and no socket file whose path might be too long or its folder closed. */
const REACH = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };

/** For two cores and little memory, which the gateway and the user's programs share. */
const SIZE = {
  shared_buffers: '128MB',
  effective_cache_size: '1GB',
  work_mem: '8MB',
  // Solid-state disks, as everywhere now: an index is worth more than on a spinning disk.
  random_page_cost: '1.1',
  // Compiling a plan takes longer than nearly every statement of ours.
  jit: 'off',
  // A first import fills empty tables; until they are analysed the planner guesses, and slow searches are the price.
  autovacuum_naptime: '10s',
};

const LOG = {
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_checkpoints: 'off',
  // Failed statements are the gateway's to log; their text and values stay out of this file.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
};

/** For tests: a crash of the machine may lose everything, a crash of the server nothing that matters. */
const VOLATILE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
