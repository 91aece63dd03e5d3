import 'reflect-metadata';
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type App, startApp } from '../../src/app.js';
import { runCli } from '../../src/cli/cli.js';
import { parseConfig } from '../../src/config.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { graphql } from '../support/graphql-client.js';

const ROOT = join(__dirname, '..', '..');
const SAMPLE = join(ROOT, 'examples', 'devices.ndjson');
const KEY = 'import-test-key-0123456789abcdef';

type AttributeValue = string | number | boolean | string[] | number[];

interface DeviceRecord {
  readonly id: string;
  readonly attributes?: readonly {
    readonly name: string;
    readonly value: AttributeValue;
    readonly description?: string;
  }[];
  readonly group?: string;
}

interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly url?: string;
  readonly key?: string;
  readonly env?: Record<string, string>;
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
  readonly stdin?: Readable;
}

/** The tool with a shell of its own. */
async function run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCli(words, {
    env: options.env ?? { FLEETGRAPH_URL: options.url, FLEETGRAPH_API_KEY: options.key ?? KEY },
    stdin: options.stdin ?? Readable.from([]),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text), isTTY: options.isTTY },
    signal: options.signal ?? new AbortController().signal,
  });
  return { exitCode, stdout, stderr };
}

/** The tool as a process, with a file as its stdin. */
async function runProcess(words: readonly string[], url: string, stdinFile: string): Promise<RunResult> {
  const child = spawn(
    process.execPath,
    ['-r', join(ROOT, 'test/support/typescript.cjs'), join(ROOT, 'src/cli/fleetgraph.ts'), ...words],
    { env: { PATH: process.env['PATH'], FLEETGRAPH_URL: url, FLEETGRAPH_API_KEY: KEY } },
  );
  createReadStream(stdinFile).pipe(child.stdin);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  return { exitCode, stdout, stderr };
}

/** What a proxy does with a request: answer itself, pass it on, or pass it on and lose the answer. */
type Interference = { status: number; headers?: Record<string, string>; body: string } | 'pass' | 'lose the answer';

interface Proxy {
  readonly url: string;
  /** Sizes of the bodies of the mutations that came. */
  readonly bodyBytes: number[];
  close(): Promise<void>;
}

/** Stands between the tool and the server, as the network does. */
async function startProxy(target: string, onMutation: (count: number) => Interference): Promise<Proxy> {
  const bodyBytes: number[] = [];
  const server = http.createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const body = Buffer.concat(pieces);
      let interference: Interference = 'pass';
      if (body.includes('mutation')) {
        bodyBytes.push(body.length);
        interference = onMutation(bodyBytes.length);
      }
      if (typeof interference === 'object') {
        response.writeHead(interference.status, interference.headers).end(interference.body);
        return;
      }
      const { 'content-type': type = '', authorization = '' } = request.headers;
      const headers = { 'content-type': type, authorization, accept: 'application/graphql-response+json' };
      const answer = await fetch(target, { method: 'POST', headers, body });
      const text = await answer.text();
      if (interference === 'lose the answer') response.destroy();
      else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    bodyBytes,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('fleetgraph import', () => {
  let database: TestDatabase;
  let app: App;
  let url: string;
  let folder: string;
  const proxies: Proxy[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startApp(
      parseConfig({
        DATABASE_URL: database.url,
        FLEETGRAPH_ADMIN_KEY: KEY,
        PORT: '0',
        FLEETGRAPH_DEMO: 'false',
        LOG_LEVEL: 'error',
      }),
    );
    url = `${app.url}/graphql`;
    folder = await mkdtemp(join(tmpdir(), 'fleetgraph-import-test-'));
  });

  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await app?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  let files = 0;
  async function fileOf(content: string | Uint8Array | readonly unknown[]): Promise<string> {
    const path = join(folder, `${++files}.ndjson`);
    const text = Array.isArray(content) ? content.map((record) => `${JSON.stringify(record)}\n`).join('') : content;
    await writeFile(path, text as string);
    return path;
  }

  async function query<T>(text: string, variables: Record<string, unknown> = {}): Promise<T> {
    const { body } = await graphql(url, KEY, text, variables);
    if (body.errors !== undefined) throw new Error(JSON.stringify(body.errors));
    return body.data as T;
  }

  async function countDevices(filter?: Record<string, unknown>): Promise<number> {
    const { devices } = await query<{ devices: { totalCount: number } }>(
      filter === undefined
        ? '{ devices(first: 0) { totalCount } }'
        : 'query ($filter: DeviceFilter!) { devices(filter: $filter, first: 0) { totalCount } }',
      filter === undefined ? {} : { filter },
    );
    return devices.totalCount;
  }

  async function deviceOf(deviceSerial: string) {
    const { device } = await query<{ device: Record<string, unknown> | null }>(
      `query ($deviceSerial: String!) { device(deviceSerial: $deviceSerial) {
        group { name } attributes { name value scope description } updatedAt attributesUpdatedAt } }`,
      { deviceSerial },
    );
    return device;
  }

  async function proxyOf(onMutation: (count: number) => Interference): Promise<Proxy> {
    const proxy = await startProxy(url, onMutation);
    proxies.push(proxy);
    return proxy;
  }

  const unavailable = (retryAfter?: string): Interference => ({
    status: 503,
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    body: JSON.stringify({
      errors: [{ message: 'The database cannot be reached.', extensions: { code: 'UNAVAILABLE' } }],
    }),
  });

  it('brings in the sample, and changes nothing when it is run again', async () => {
    const first = await run(['import', SAMPLE], { url });
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toMatch(/devices\.ndjson: 20 devices in \d+\.\d s: 20 created, 0 updated, 0 unchanged\n$/);
    const mast = await deviceOf('mast-0003');
    expect(mast).toMatchObject({ group: { name: 'hill' } });
    expect(mast!['attributes']).toContainEqual({
      name: 'ports',
      value: ['22', '443', '9100'],
      scope: 'INVENTORY',
      description: 'Open TCP ports',
    });
    expect(await countDevices({ attributes: [{ name: 'mains_power', eq: true }] })).toBe(11);

    const second = await run(['import', SAMPLE], { url });
    expect(second).toMatchObject({ exitCode: 0, stderr: '' });
    expect(second.stdout).toMatch(/0 created, 0 updated, 20 unchanged\n$/);
    expect(await deviceOf('mast-0003')).toEqual(mast);
  });

  it('counts a changed value as an update', async () => {
    const path = await fileOf([{ id: 'change-1', attributes: [{ name: 'load', value: 1 }] }, { id: 'change-2' }]);
    await run(['import', path], { url });
    const changed = await fileOf([{ id: 'change-1', attributes: [{ name: 'load', value: 2 }] }, { id: 'change-2' }]);
    expect((await run(['import', changed], { url })).stdout).toMatch(/0 created, 1 updated, 1 unchanged\n$/);
  });

  it('reads a JSON array from stdin', async () => {
    const path = await fileOf(
      JSON.stringify(
        [
          { id: 'array-1', group: 'arrays' },
          { id: 'array-2', attributes: [{ name: 'x', value: [1, 2] }] },
        ],
        null,
        2,
      ),
    );
    const result = await runProcess(['import', '-'], url, path);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^stdin: 2 devices in .* 2 created, 0 updated, 0 unchanged\n$/);
    expect(await deviceOf('array-1')).toMatchObject({ group: { name: 'arrays' } });
    expect(await deviceOf('array-2')).toMatchObject({ attributes: [{ name: 'x', value: [1, 2] }] });
  });

  it('reads a pipe', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const [result] = await Promise.all([run(['import', path], { url }), writeFile(path, '{"id":"piped"}\n')]);
    expect(result.stdout).toMatch(/pipe: 1 device in .* 1 created/);
  });

  it('stops at an interruption while stdin is silent', async () => {
    const interruption = new AbortController();
    const silence = new PassThrough();
    const running = run(['import', '-'], { url, stdin: silence, signal: interruption.signal });
    silence.write('{"id":"silence"}\n');
    interruption.abort();
    expect(await running).toEqual({ exitCode: 130, stdout: '', stderr: 'interrupted\n' });
  });

  it('writes the attributes in the scope that is asked for', async () => {
    const path = await fileOf([{ id: 'scoped', attributes: [{ name: 'owner', value: 'us' }] }]);
    expect(await run(['import', '--scope', 'TAGS', path], { url })).toMatchObject({ exitCode: 0 });
    expect(await deviceOf('scoped')).toMatchObject({ attributes: [{ name: 'owner', value: 'us', scope: 'TAGS' }] });
  });

  it('keeps large numbers that a double holds', async () => {
    const path = await fileOf(
      '{"id":"large","attributes":[{"name":"n","value":1e20},{"name":"m","value":[9007199254740992]}]}',
    );
    expect(await run(['import', path], { url })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await deviceOf('large')).toMatchObject({ attributes: [{ value: [9007199254740992] }, { value: 1e20 }] });
  });

  it('says where U+FFFD took the place of NUL, and refuses NUL if asked', async () => {
    const path = await fileOf([{ id: 'nul-0' }, { id: 'nul-1', attributes: [{ name: 'model', value: 'x\0\0' }] }]);
    const refused = await run(['import', '--refuse-nul', path], { url });
    expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
    expect(refused.stderr).toContain(`${path}:2: attributes[0].value: must not contain the character NUL`);
    const replaced = await run(['import', path], { url });
    expect(replaced).toMatchObject({ exitCode: 0 });
    expect(replaced.stderr).toContain(`${path}:2: the first of 1 records with the character NUL`);
    expect(await deviceOf('nul-1')).toMatchObject({ attributes: [{ value: 'x\ufffd\ufffd' }] });
  });

  describe('with bad records', () => {
    const records = [
      '{"id":"bad-1"}',
      '',
      '{"id":"bad-1"}',
      '{"id":5}',
      'nope',
      '{"id":"bad-2","attributes":[{"name":"x","value":["a",1]}]}',
      '{"id":"bad-3","attributes":[{"name":"x","value":12345678901234567890}]}',
      '{"id":"bad-4","group":"no group"}',
      '{"id":"bad-\\u001b[31m5","attributes":[{"name":"\\u001b[2J","value":1},{"name":"\\u001b[2J","value":1}]}',
      '{"id":"bad-6"}',
    ].join('\n');

    it('names file, line and reason of each and changes nothing', async () => {
      const path = await fileOf(records);
      const before = await countDevices();
      const result = await run(['import', path], { url });
      expect(result).toMatchObject({ exitCode: 3, stdout: '' });
      expect(result.stderr.split('\n')).toEqual([
        `${path}:3: id: "bad-1" was on line 1 already`,
        `${path}:4: id: a string, got a number`,
        expect.stringMatching(/:5: not JSON: /),
        expect.stringMatching(/:6: attributes\[0\]\.value\[1\]: all elements must be of one type/),
        expect.stringMatching(/:7: attributes\[0\]\.value: .* at most 2\^53/),
        expect.stringMatching(/:8: group: may only have the characters/),
        `${path}:9: attributes[1].name: "\\u001b[2J" stands twice in this record`,
        '7 of 9 records are bad; nothing was imported.',
        '',
      ]);
      expect(await countDevices()).toBe(before);
    });

    it('imports the others if asked, and tells by its exit code that some are missing', async () => {
      const path = await fileOf(records);
      const before = await countDevices();
      const result = await run(['import', '--skip-bad', path], { url });
      expect(result.exitCode).toBe(3);
      expect(result.stdout).toMatch(/: 2 devices in .* 2 created, 0 updated, 0 unchanged, 7 bad and skipped\n$/);
      expect(await countDevices()).toBe(before + 2);
    });

    it('shows twenty of them and counts the rest', async () => {
      const path = await fileOf(Array.from({ length: 30 }, () => ({ id: 1 })));
      const lines = (await run(['import', path], { url })).stderr.split('\n');
      expect(lines.slice(19)).toEqual([
        `${path}:20: id: a string, got a number`,
        '... and 10 more',
        '30 of 30 records are bad; nothing was imported.',
        '',
      ]);
    });

    it('names the line of a record that only the server can refuse', async () => {
      const attributes = (prefix: string) =>
        Array.from({ length: 600 }, (_, at) => ({ name: `${prefix}${at}`, value: at }));
      const first = await fileOf([{ id: 'full', attributes: attributes('a') }]);
      expect(await run(['import', first], { url })).toMatchObject({ exitCode: 0 });
      const second = await fileOf([{ id: 'not-full' }, { id: 'full', attributes: attributes('b') }]);
      const result = await run(['import', second], { url });
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
      expect(result.stderr).toContain(`${second}:2: input.reports[1].attributes: a device has at most 1000 attributes`);
      expect(result.stderr).toContain('0 of 2 devices were imported before.');
      expect(await deviceOf('not-full')).toBeNull();
    });
  });

  it('checks a file without server and key on a dry run', async () => {
    const before = await countDevices();
    const good = await fileOf([{ id: 'dry-1' }, { id: 'dry-2' }]);
    expect(await run(['import', '--dry-run', good], { env: {} })).toEqual({
      exitCode: 0,
      stdout: `${good}: 2 devices, all good; nothing was sent (dry run)\n`,
      stderr: '',
    });
    const bad = await fileOf([{ id: 'dry-1' }, {}]);
    expect(await run(['import', '--dry-run', bad], { env: {} })).toMatchObject({
      exitCode: 3,
      stderr: `${bad}:2: id: a string, got nothing\n1 of 2 records are bad; nothing was imported.\n`,
    });
    expect(await countDevices()).toBe(before);
  });

  describe('explains itself', () => {
    it.each([
      ['no command', [], /which command\?/],
      ['an unknown command', ['export'], /there is no command "export"/],
      ['no file', ['import'], /which file\?/],
      ['two files', ['import', 'a', 'b'], /one file at a time, got 2/],
      [
        'an unknown option',
        ['import', 'a', '--force'],
        /^Unknown option '--force'\. Try fleetgraph import --help\.\n$/,
      ],
      ['an unknown scope', ['import', 'a', '--scope', 'tags'], /--scope: one of IDENTITY, INVENTORY, .* got "tags"/],
      [
        'a file that is not there',
        ['import', '/nowhere/devices.ndjson'],
        /\/nowhere\/devices\.ndjson: there is no such file/,
      ],
      ['a folder', ['import', tmpdir()], /a folder; give a file/],
    ])('when given %s', async (_title, words, message) => {
      expect(await run(words, { url })).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: expect.stringMatching(message) as string,
      });
    });

    it.each([[['--help']], [['import', '--help']], [['import', '-h']]])('when asked with %j', async (words) => {
      expect(await run(words)).toEqual({
        exitCode: 0,
        stdout: expect.stringMatching(/^Usage: fleetgraph/) as string,
        stderr: '',
      });
    });

    it('when there is no key', async () => {
      const result = await run(['import', SAMPLE], { env: { FLEETGRAPH_URL: url } });
      expect(result).toMatchObject({ exitCode: 2, stdout: '' });
      expect(result.stderr).toMatch(
        /^FLEETGRAPH_API_KEY is not set: an import needs a key of the role WRITER or ADMIN/,
      );
    });

    it('when the key is wrong', async () => {
      expect(await run(['import', SAMPLE], { url, key: 'fg_wrong' })).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: 'the server does not accept the key in FLEETGRAPH_API_KEY\n',
      });
    });

    it('when the key may only read', async () => {
      const { createApiKey } = await query<{ createApiKey: { secret: string } }>(
        'mutation { createApiKey(input: { name: "dashboard", role: READER }) { secret } }',
      );
      expect(await run(['import', SAMPLE], { url, key: createApiKey.secret })).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: 'the key "dashboard" has the role READER; an import needs WRITER or ADMIN\n',
      });
    });

    it('when no server runs', async () => {
      const gone = await startProxy(url, () => 'pass');
      await gone.close();
      const { exitCode, stderr } = await run(['import', SAMPLE], { url: gone.url });
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(
        /^no answer from http:\/\/127\.0\.0\.1:\d+\/graphql: connect ECONNREFUSED .*Is it running\?/,
      );
      expect(stderr.split('\n')).toHaveLength(2);
    });

    it('when the address is not that of the endpoint', async () => {
      const { exitCode, stderr } = await run(['import', SAMPLE], { url: app.url });
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/GraphQL is at \/graphql \(NOT_FOUND, request /);
    });
  });

  it('shows progress at a terminal only, and takes it away before the result', async () => {
    const path = await fileOf([{ id: 'progress' }]);
    const { stderr } = await run(['import', path], { url, isTTY: true });
    expect(stderr).toContain(`\r\u001b[Kchecking ${path}: 1 records`);
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
    expect((await run(['import', path], { url })).stderr).toBe('');
  });

  it('sends a long file in requests that the server takes', async () => {
    const proxy = await proxyOf(() => 'pass');
    const many = await fileOf(Array.from({ length: 1_001 }, (_, at) => ({ id: `many-${at}` })));
    expect((await run(['import', many], { url: proxy.url })).stdout).toMatch(/ 1001 created/);
    expect(proxy.bodyBytes).toHaveLength(3);

    const attributes = Array.from({ length: 40 }, (_, at) => ({ name: `text-${at}`, value: 'x'.repeat(16 * 1024) }));
    const big = await fileOf(Array.from({ length: 5 }, (_, at) => ({ id: `big-${at}`, attributes })));
    expect((await run(['import', big], { url: proxy.url })).stdout).toMatch(/ 5 created/);
    // Records of 0.65 MB, three to a request.
    expect(proxy.bodyBytes).toHaveLength(5);
    expect(Math.max(...proxy.bodyBytes)).toBeLessThan(2.1 * 1024 * 1024);
  });

  describe('when the server is in trouble', () => {
    it('waits as long as it says and sends again', async () => {
      const proxy = await proxyOf((count) =>
        count === 1 ? unavailable('1') : count === 2 ? unavailable('0') : 'pass',
      );
      const path = await fileOf([{ id: 'retry-1' }]);
      const result = await run(['import', path], { url: proxy.url });
      expect(result.exitCode).toBe(0);
      expect(result.stdout).toMatch(/ 1 created/);
      expect(result.stderr).toBe(
        'The database cannot be reached (UNAVAILABLE); trying again in 1.0 s\n' +
          'The database cannot be reached (UNAVAILABLE); trying again in 0.0 s\n',
      );
    });

    it.each([
      ['a rate limit', { status: 429, headers: { 'retry-after': '0' }, body: '' }],
      [
        'a proxy without a server',
        { status: 502, headers: { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, body: '<html>' },
      ],
    ])('sends again after %s', async (_title, interference) => {
      const proxy = await proxyOf((count) => (count === 1 ? interference : 'pass'));
      const path = await fileOf([{ id: `retry-${interference.status}` }]);
      const result = await run(['import', path], { url: proxy.url });
      expect(result).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(/trying again in 0\.0 s\n$/) as string,
      });
    });

    it('sends again when an answer is lost, and applies nothing twice', async () => {
      const proxy = await proxyOf((count) => (count === 1 ? 'lose the answer' : 'pass'));
      const path = await fileOf([{ id: 'lost-1' }, { id: 'lost-2' }]);
      const result = await run(['import', path], { url: proxy.url });
      expect(result.exitCode).toBe(0);
      expect(result.stderr).toMatch(/^no answer from .*trying again in 0\.5 s\n$/);
      expect(result.stdout).toMatch(/ 0 created, 0 updated, 2 unchanged/);
    });

    it('gives up after six requests and says what is in', async () => {
      const proxy = await proxyOf((count) => (count === 1 ? 'pass' : unavailable('0')));
      const path = await fileOf(Array.from({ length: 501 }, (_, at) => ({ id: `stop-${at}` })));
      const result = await run(['import', path], { url: proxy.url });
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
      expect(result.stderr).toMatch(
        /cannot be reached \(UNAVAILABLE\)\n500 of 501 devices were imported before\. Run it again to complete it: that is safe\.\n$/,
      );
      expect(proxy.bodyBytes).toHaveLength(1 + 6);
      expect((await run(['import', path], { url })).stdout).toMatch(/ 1 created, 0 updated, 500 unchanged/);
    });

    it('does not repeat what was refused for good', async () => {
      const fault = { errors: [{ message: 'no', extensions: { code: 'FORBIDDEN', requestId: 'r1' } }] };
      const proxy = await proxyOf(() => ({ status: 200, body: JSON.stringify(fault) }));
      const result = await run(['import', SAMPLE], { url: proxy.url });
      expect(result).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^no \(FORBIDDEN, request r1\)\n/) as string,
      });
      expect(proxy.bodyBytes).toHaveLength(1);
    });

    it('stops when the user interrupts, and says what is in', async () => {
      const interruption = new AbortController();
      const proxy = await proxyOf((count) => {
        if (count === 2) interruption.abort();
        return count === 2 ? unavailable('60') : 'pass';
      });
      const path = await fileOf(Array.from({ length: 501 }, (_, at) => ({ id: `interrupted-${at}` })));
      const result = await run(['import', path], { url: proxy.url, signal: interruption.signal });
      expect(result).toMatchObject({ exitCode: 130, stdout: '' });
      expect(result.stderr).toMatch(/^interrupted\n500 of 501 devices were imported before\./);
    });
  });

  const bigFile = process.env['FLEETGRAPH_TEST_DEVICES'];
  const describeBigFile = bigFile === undefined ? describe.skip : describe;

  describeBigFile('the file of FLEETGRAPH_TEST_DEVICES (skipped if that is not set)', () => {
    let records: readonly DeviceRecord[];
    /** Keeps the searches to the file's devices. */
    const ofFile = { attributes: [{ name: 'exposes_count', exists: true }] };

    beforeAll(async () => {
      const text = await readFile(bigFile!, 'utf8');
      // As the import says of it.
      records = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line.replaceAll('\\u0000', '\\ufffd')) as DeviceRecord);
    });

    it('goes in whole, and changes nothing the second time', async () => {
      const before = await countDevices();
      const first = await run(['import', bigFile!], { url });
      expect(first.exitCode).toBe(0);
      expect(first.stdout).toMatch(
        new RegExp(`: ${records.length} devices in .* s: ${records.length} created, 0 updated, 0 unch`),
      );
      expect(await countDevices()).toBe(before + records.length);
      const second = await run(['import', bigFile!], { url });
      expect(second.stdout).toMatch(new RegExp(` 0 created, 0 updated, ${records.length} unchanged`));
      expect(await countDevices(ofFile)).toBe(records.length);
    });

    const valueOf = (record: DeviceRecord, name: string) =>
      record.attributes?.find((attribute) => attribute.name === name)?.value;
    const elementsOf = (record: DeviceRecord, name: string): readonly (string | number | boolean)[] => {
      const value = valueOf(record, name);
      return value === undefined ? [] : [value].flat();
    };
    const has = (record: DeviceRecord, name: string, test: (element: string | number | boolean) => boolean) =>
      elementsOf(record, name).some(test);
    const isNumber = (test: (number: number) => boolean) => (element: unknown) =>
      typeof element === 'number' && test(element);
    const isText = (test: (text: string) => boolean) => (element: unknown) =>
      typeof element === 'string' && test(element);

    it.each<[string, Record<string, unknown>[], (record: DeviceRecord) => boolean]>([
      ['one vendor', [{ name: 'vendor', eq: 'IKEA' }], (one) => valueOf(one, 'vendor') === 'IKEA'],
      ['all vendors but one', [{ name: 'vendor', ne: 'IKEA' }], (one) => valueOf(one, 'vendor') !== 'IKEA'],
      [
        'vendors of a list',
        [{ name: 'vendor', in: ['Aqara', 'Philips', 'nobody'] }],
        (one) => ['Aqara', 'Philips'].includes(String(valueOf(one, 'vendor'))),
      ],
      [
        'a vendor in any letter case',
        [{ name: 'vendor', eq: 'tuya', ignoreCase: true }],
        (one) => String(valueOf(one, 'vendor')).toLowerCase() === 'tuya',
      ],
      [
        'an element of an array',
        [{ name: 'exposes', eq: 'battery' }],
        (one) => has(one, 'exposes', (element) => element === 'battery'),
      ],
      [
        'several elements of an array',
        [{ name: 'exposes', hasAll: ['battery', 'temperature', 'humidity'] }],
        (one) => ['battery', 'temperature', 'humidity'].every((name) => elementsOf(one, 'exposes').includes(name)),
      ],
      [
        'devices without an attribute',
        [{ name: 'exposes', exists: false }],
        (one) => valueOf(one, 'exposes') === undefined,
      ],
      [
        'a range of numbers',
        [{ name: 'exposes_count', gte: 5, lt: 9 }],
        (one) =>
          has(
            one,
            'exposes_count',
            isNumber((number) => number >= 5 && number < 9),
          ),
      ],
      [
        'a range of numbers met by one element',
        [{ name: 'range_maxima', gt: 100, lte: 254 }],
        (one) =>
          has(
            one,
            'range_maxima',
            isNumber((number) => number > 100 && number <= 254),
          ),
      ],
      [
        'a beginning',
        [{ name: 'model', startsWith: 'TS0' }],
        (one) =>
          has(
            one,
            'model',
            isText((text) => text.startsWith('TS0')),
          ),
      ],
      [
        'an end',
        [{ name: 'model', endsWith: 'LM' }],
        (one) =>
          has(
            one,
            'model',
            isText((text) => text.endsWith('LM')),
          ),
      ],
      [
        'a part with a wildcard taken literally',
        [{ name: 'model', contains: '_' }],
        (one) =>
          has(
            one,
            'model',
            isText((text) => text.includes('_')),
          ),
      ],
      [
        'a regular expression',
        [{ name: 'zigbee_models', matches: '^lumi\\.(sensor|remote)\\.' }],
        (one) =>
          has(
            one,
            'zigbee_models',
            isText((text) => /^lumi\.(sensor|remote)\./.test(text)),
          ),
      ],
      [
        'several attributes at once',
        [
          { name: 'device_type', eq: 'zigbee-light' },
          { name: 'ota', eq: 'supported' },
          { name: 'color_temp_max', gte: 450 },
        ],
        (one) =>
          valueOf(one, 'device_type') === 'zigbee-light' &&
          valueOf(one, 'ota') === 'supported' &&
          has(
            one,
            'color_temp_max',
            isNumber((number) => number >= 450),
          ),
      ],
      [
        'what stood for a padded name',
        [{ name: 'zigbee_models', contains: '\ufffd' }],
        (one) =>
          has(
            one,
            'zigbee_models',
            isText((text) => text.includes('\ufffd')),
          ),
      ],
    ])('is searched for %s', async (_title, attributes, matches) => {
      const expected = records.filter(matches).length;
      expect(expected).toBeGreaterThan(0);
      expect(await countDevices({ and: [ofFile, { attributes }] })).toBe(expected);
    });
  });
});
