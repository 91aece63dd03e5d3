/** Several processes on one port: they serve alike, and the death of one, or of all, costs nothing that was acknowledged. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { makeTestFolder } from '../integration/embedded/test-folder.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Gateway, killGateways, startGateway } from '../support/gateway-process.js';
import { answered, within } from '../support/in-time.js';

const START_MS = 60_000;

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  killGateways();
  await testDatabase?.drop();
});

function startTwo(env: Record<string, string> = {}): Promise<Gateway> {
  return startGateway({ DATABASE_URL: testDatabase.url, WORKERS: '2', LOG_LEVEL: 'info', ...env });
}

/** On a connection of its own, so that consecutive ones go to different workers. */
async function send(gateway: Gateway, path: string, body?: object): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${gateway.url}${path}`, {
      agent: false,
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      void text(response).then((whole) => resolve({ status: response.statusCode ?? 0, text: whole }), reject);
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function query(gateway: Gateway, document: string): Promise<{ status: number; text: string }> {
  return send(gateway, '/graphql', { query: document });
}

async function queries(gateway: Gateway, count: number, document: string) {
  return Promise.all(Array.from({ length: count }, () => query(gateway, document)));
}

function logLines(gateway: Gateway): Record<string, unknown>[] {
  const lines = gateway.output().split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The worker of each operation in the log. */
function logged(gateway: Gateway): unknown[] {
  return logLines(gateway).flatMap(({ msg, worker }) => (msg === 'operation' ? [worker] : []));
}

/** The workers' processes. Shells and the database are children of the gateway too. */
function workersOf(gateway: Gateway): number[] {
  const lines = execFileSync('ps', ['-ww', '-e', '-o', 'pid=,ppid=,args=']).toString().split('\n');
  return lines.flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return parent === gateway.pid && /src\/main\.ts/.test(line) ? [pid!] : [];
  });
}

function isAlive(pid: number): boolean {
  try {
    // One that nobody has waited for yet still has its number.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function countDevices(prefix: string): Promise<number> {
  const client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::integer as count from device where starts_with(device_serial, $1)',
    [prefix],
  );
  await client.end();
  return rows[0]!.count;
}

describe('two workers', () => {
  let gateway: Gateway;
  beforeEach(async () => {
    gateway = await startTwo();
  }, START_MS);
  afterEach(() => gateway.signal('SIGKILL'));

  it('both serve on the one port, say so in the log, and the gateway announces itself once', async () => {
    const answers = await queries(gateway, 20, '{ devices(first: 0) { totalCount } }');
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await within(2_000, async () => logged(gateway).length === 20);
    expect(new Set(logged(gateway))).toEqual(new Set([1, 2]));
    expect(gateway.output().match(/fleetgraph ready at/g)).toHaveLength(1);
    expect((await send(gateway, '/readyz')).status).toBe(200);
  });

  it('see at once what the other has changed', async () => {
    for (const n of [1, 2, 3, 4]) {
      const name = `shared-${n}`;
      const made = await query(
        gateway,
        `mutation { createDevice(input: {deviceSerial: "${name}", attributes: [{name: "${name}", value: ${n}}]}) { created } }`,
      );
      expect(made.text).toContain('"created":true');
      const found = await queries(
        gateway,
        4,
        `{ devices(filter: {attributes: [{name: "${name}", eq: ${n}}]}) { totalCount nodes { deviceSerial } } }`,
      );
      for (const { text: answer } of found) {
        expect(JSON.parse(answer)).toMatchObject({
          data: { devices: { totalCount: 1, nodes: [{ deviceSerial: name }] } },
        });
      }
    }
  });

  it('have metrics that add up, whichever of them is asked', async () => {
    await queries(gateway, 30, 'query Counted { devices(first: 0) { totalCount } }');
    await within(2_000, async () => logged(gateway).length === 30);
    expect(new Set(logged(gateway)).size).toBe(2);
    for (let look = 0; look < 4; look += 1) {
      const { status, text: metrics } = await send(gateway, '/metrics');
      expect(status).toBe(200);
      expect(metrics).toMatch(/^fleetgraph_requests_total\{status="200"\} 30$/m);
      expect(metrics).toMatch(/^fleetgraph_operation_duration_seconds_count\{operation="Counted"\} 30$/m);
      expect(metrics.match(/^fleetgraph_event_loop_delay_seconds\{percentile="99"\} [\d.e-]+$/gm)).toHaveLength(1);
      expect(metrics.match(/^fleetgraph_database_pool\{state="open"\} \d+$/gm)).toHaveLength(1);
    }
  });

  it(
    'replace one that is killed, and lose nothing that was acknowledged',
    async () => {
      let acknowledged = 0;
      let broken = 0;
      const end = new AbortController();
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let n = 0; !end.signal.aborted; n += 1) {
          const answer = await query(
            gateway,
            `mutation { createDevice(input: {deviceSerial: "killed-${writer}-${n}"}) { created } }`,
          ).catch(() => undefined);
          if (answer?.text.includes('"created":true') === true) acknowledged += 1;
          else broken += 1;
        }
      });
      await within(20_000, async () => acknowledged >= 50);
      const [victim, other] = workersOf(gateway);
      process.kill(victim!, 'SIGKILL');
      await within(20_000, async () => logLines(gateway).some(({ msg }) => /in place of/.test(String(msg))));
      const before = acknowledged;
      await within(20_000, async () => acknowledged >= before + 50);
      end.abort();
      await Promise.all(writers);

      const workers = workersOf(gateway);
      expect(workers).toHaveLength(2);
      expect(workers).toContain(other);
      expect(workers).not.toContain(victim);
      // One for each writer, at most: what the dead one had in hand.
      expect(broken).toBeLessThanOrEqual(8);
      const stored = await countDevices('killed-');
      expect(stored).toBeGreaterThanOrEqual(acknowledged);
      expect(stored).toBeLessThanOrEqual(acknowledged + broken);
    },
    START_MS,
  );

  it('finish the requests in flight when the gateway is to stop, which then exits with 0', async () => {
    const workers = workersOf(gateway);
    let acknowledged = 0;
    const codes = new Set<string>();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; ; n += 1) {
        try {
          const { body } = await gateway.graphql(
            `mutation { createDevice(input: {deviceSerial: "drained-${writer}-${n}"}) { created } }`,
          );
          const code = body.errors?.[0]?.extensions.code ?? 'created';
          codes.add(code);
          if (code === 'created') acknowledged += 1;
        } catch {
          return;
        }
      }
    });
    await within(20_000, async () => acknowledged >= 50);
    gateway.signal('SIGTERM');
    expect(await answered(10_000, gateway.gone)).toEqual({ code: 0, signal: null });
    await Promise.all(writers);
    expect(await countDevices('drained-')).toBe(acknowledged);
    expect([...codes].filter((code) => code !== 'UNAVAILABLE')).toEqual(['created']);
    expect(workers.filter(isAlive)).toEqual([]);
  });

  it('end in time though a request of theirs never would', async () => {
    const client = new Client({ connectionString: testDatabase.url });
    await client.connect();
    try {
      await client.query('begin; lock table device in access exclusive mode');
      const hanging = query(
        gateway,
        'mutation { deleteDevices(input: {devices: {all: true}}) { changedCount } }',
      ).catch(() => undefined);
      const stuck = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await within(5_000, async () => (await client.query(stuck)).rowCount === 1);
      gateway.signal('SIGTERM');
      expect(await answered(10_000, gateway.gone)).toEqual({ code: 0, signal: null });
      await hanging;
      await within(3_000, async () => (await client.query(stuck)).rowCount === 0);
    } finally {
      await client.end();
    }
  });

  it(
    'are replaced when they are told to stop one by one',
    async () => {
      const [first] = workersOf(gateway);
      process.kill(first!, 'SIGTERM');
      await within(20_000, async () => logLines(gateway).some(({ msg }) => /in place of/.test(String(msg))));
      expect(workersOf(gateway)).toHaveLength(2);
      expect(isAlive(first!)).toBe(false);
    },
    START_MS,
  );

  it('are given up when they die again and again: the gateway ends with a status that says so', async () => {
    let hasEnded = false;
    void gateway.gone.then(() => (hasEnded = true));
    const [victim, survivor] = workersOf(gateway);
    process.kill(victim!, 'SIGKILL');
    await within(50_000, async () => {
      for (const pid of workersOf(gateway)) if (pid !== survivor) process.kill(pid, 'SIGKILL');
      return hasEnded;
    });
    expect((await gateway.gone).code).toBe(1);
    expect(logLines(gateway).at(-1)?.['reason']).toMatch(/worker \d ends again and again/);
    expect(isAlive(survivor!)).toBe(false);
  }, 90_000);
});

it(
  'workers hold to the limits together',
  async () => {
    const limited = await startTwo({
      FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: '4',
      FLEETGRAPH_RATE_BURST_POINTS: '200',
      FLEETGRAPH_RATE_POINTS_PER_SECOND: '2',
    });
    const client = new Client({ connectionString: testDatabase.url });
    await client.connect();
    try {
      await client.query('begin; lock table device in access exclusive mode');
      let answers = 0;
      const all = Array.from({ length: 24 }, async () => {
        const { status } = await query(limited, '{ devices(first: 1) { nodes { id } } }');
        answers += 1;
        return status;
      });
      // Those that are not refused wait for the table.
      await within(10_000, async () => answers === 20);
      await client.query('rollback');
      const statuses = await Promise.all(all);
      expect(statuses.filter((status) => status === 200)).toHaveLength(4);
      expect(statuses.filter((status) => status === 429)).toHaveLength(20);

      // Each takes a point for the request and seven for the operation, of 200 that both workers have together.
      let admitted = 0;
      for (let n = 0; n < 60; n += 1) {
        admitted += (await query(limited, '{ devices(first: 1) { nodes { id } } }')).status === 200 ? 1 : 0;
      }
      expect(admitted).toBeGreaterThan(0);
      expect(admitted).toBeLessThanOrEqual(200 / 8 + 2);
    } finally {
      await client.end();
      limited.signal('SIGKILL');
    }
  },
  START_MS,
);

it(
  'a primary that is killed leaves neither workers nor its database behind',
  async () => {
    const dataDir = await makeTestFolder();
    const gateway = await startTwo({ DATABASE_URL: '', DATA_DIR: dataDir });
    const database = Number(readFileSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
    const processes = [...workersOf(gateway), database];
    expect(processes.map(isAlive)).toEqual([true, true, true]);
    gateway.signal('SIGKILL');
    await within(10_000, async () => !processes.some(isAlive));
    await rm(dataDir, { recursive: true, force: true });
  },
  START_MS,
);

it(
  'a port that is taken ends the start with the fault, once',
  async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(startTwo({ PORT: String(port) })).rejects.toThrow(/EADDRINUSE.*\(PORT and HOST/);
    taken.close();
  },
  START_MS,
);
