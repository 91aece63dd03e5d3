/** Projects and keys made with the command-line tool, beside a running server and without one. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type App, startApp } from '../../src/app.js';
import { runCli } from '../../src/cli/cli.js';
import { parseConfig } from '../../src/config.js';
import { makeTestFolder } from '../integration/embedded/test-folder.js';
import { byCodePoint } from '../support/matches.js';
import { graphql } from '../support/graphql-client.js';
import { clientOf, startServer, type TestServer } from '../support/server.js';

const ROOT = join(__dirname, '..', '..');
const ADMIN_KEY = 'command-line-test-key-0123456789';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The tool with a shell of its own, on the database of the server unless told otherwise. */
async function run(words: readonly string[], env?: Record<string, string>): Promise<RunResult> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCli(words, {
    env: env ?? { DATABASE_URL: server.databaseUrl },
    stdin: Readable.from([]),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
  });
  return { exitCode, stdout, stderr };
}

/** The tool as a process. */
function runProcess(words: readonly string[], env: Record<string, string>): Promise<RunResult> {
  const args = ['-r', join(ROOT, 'test/support/typescript.cjs'), join(ROOT, 'src/cli/fleetgraph.ts'), ...words];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: ROOT, env: { PATH: process.env['PATH'], ...env } },
      (fault, stdout, stderr) => resolve({ exitCode: fault === null ? 0 : Number(fault.code), stdout, stderr }),
    );
  });
}

const nameOfProject = (() => {
  let count = 0;
  return () => `tool-${(count += 1)}`;
})();

async function createProject(): Promise<string> {
  const slug = nameOfProject();
  expect(await run(['project', 'create', '--name', `The ${slug}`, '--slug', slug])).toEqual({
    exitCode: 0,
    stdout: `${slug}\n`,
    stderr: '',
  });
  return slug;
}

async function createKey(slug: string, role = 'ADMIN', ...more: string[]): Promise<string> {
  const made = await run(['key', 'create', '--project', slug, '--name', 'by hand', '--role', role, ...more]);
  expect(made).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(/^fg_[\w-]{43}\n$/) as unknown,
    stderr: `the ${role} key "by hand" of ${slug} is made; its secret is shown only now\n`,
  });
  return made.stdout.trim();
}

const WHO = '{ viewer { name role project { slug name } } }';

describe('fleetgraph project', () => {
  it('create makes a project that has what the first one has', async () => {
    const slug = await createProject();
    const admin = clientOf(server.endpoint, await createKey(slug));
    const query =
      '{ cohorts { nodes { slug name isDefault deviceCount } } devices { totalCount } groups { totalCount } }';
    expect(await admin.ask(`{ ${WHO.slice(2)}`)).toEqual({
      viewer: { name: 'by hand', role: 'ADMIN', project: { slug, name: `The ${slug}` } },
    });
    expect(await admin.ask(query)).toEqual(await server.ask(query));
    expect(
      await admin.ask('mutation { createDevice(input: {deviceSerial: "d"}) { device { cohort { slug } } } }'),
    ).toEqual({ createDevice: { device: { cohort: { slug: 'default' } } } });
    expect(await server.ask('{ device(deviceSerial: "d") { id } }')).toEqual({ device: null });
  });

  it('create makes the slug from the name', async () => {
    expect(await run(['project', 'create', '--name', 'Früh & Co'])).toMatchObject({ exitCode: 0, stdout: 'fruh-co\n' });
  });

  it('list shows all by slug', async () => {
    const [one, two] = [await createProject(), await createProject()];
    const { exitCode, stdout, stderr } = await run(['project', 'list']);
    expect([exitCode, stderr]).toEqual([0, '']);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    const slugs = rows.map(([slug]) => slug!);
    expect(slugs).toEqual(slugs.toSorted(byCodePoint));
    expect(slugs).toEqual(expect.arrayContaining(['main', one, two]));
    expect(rows.find(([slug]) => slug === one)).toEqual([one, `The ${one}`, expect.stringMatching(/^20\d\d-.*Z$/)]);
  });
});

describe('fleetgraph key', () => {
  it.each(['READER', 'WRITER', 'ADMIN'])('create makes a key of role %s of that project alone', async (role) => {
    const slug = await createProject();
    const client = clientOf(server.endpoint, await createKey(slug, role));
    expect(await client.ask(WHO)).toMatchObject({ viewer: { role, project: { slug } } });
  });

  it('create makes a key that ends when it is told', async () => {
    const slug = await createProject();
    const admin = clientOf(server.endpoint, await createKey(slug, 'ADMIN', '--expires', '2999-01-31T02:00:00+02:00'));
    expect(await admin.ask('{ apiKeys { expiresAt } }')).toEqual({
      apiKeys: [{ expiresAt: '2999-01-31T00:00:00.000Z' }],
    });
  });

  it('list shows the keys of a project without secrets, and revoke ends one at once', async () => {
    const slug = await createProject();
    const [kept, ended] = [await createKey(slug), await createKey(slug, 'READER')];
    const list = async () => {
      const { exitCode, stdout } = await run(['key', 'list', '--project', slug]);
      expect(exitCode).toBe(0);
      expect(stdout).not.toMatch(/fg_/);
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
    };
    const time = expect.stringMatching(/^20\d\d-.*Z$/) as unknown;
    const [newest, first] = await list();
    expect(newest).toEqual([expect.any(String), 'by hand', 'READER', time, '-', '-', '-']);
    expect(first).toEqual([expect.any(String), 'by hand', 'ADMIN', time, '-', '-', '-']);

    const words = ['key', 'revoke', '--project', slug, newest![0]!];
    const done = { exitCode: 0, stdout: '', stderr: `the key "by hand" of ${slug} is revoked\n` };
    expect(await run(words)).toEqual(done);
    expect((await graphql(server.endpoint, ended, WHO)).status).toBe(401);
    expect((await graphql(server.endpoint, kept, WHO)).status).toBe(200);
    const revoked = (await list())[0];
    expect(revoked).toEqual([...newest!.slice(0, -1), time]);
    expect(await run(words)).toEqual(done);
    expect((await list())[0]).toEqual(revoked);
  });
});

it('what the tool changes is in the audit log of the project, once, without secrets', async () => {
  const slug = await createProject();
  const secret = await createKey(slug);
  const [id] = (await run(['key', 'list', '--project', slug])).stdout.split('\t');
  await createKey(slug, 'READER');
  const [other] = (await run(['key', 'list', '--project', slug])).stdout.split('\t');
  for (let turn = 0; turn < 2; turn += 1) await run(['key', 'revoke', '--project', slug, other!]);
  const admin = clientOf(server.endpoint, secret);
  const { auditLog } = await admin.ask<{ auditLog: { nodes: Record<string, unknown>[] } }>(
    '{ auditLog { nodes { principal principalId role operation kind objectId objectName before after requestId } } }',
  );
  const { viewer } = await admin.ask<{ viewer: { project: { id: string } } }>('{ viewer { project { id } } }');
  const entry = (
    operation: string,
    kind: string,
    objectId: string | undefined,
    objectName: string,
    change: object,
  ) => ({
    principal: 'command line',
    principalId: null,
    role: 'ADMIN',
    operation,
    kind,
    objectId,
    objectName,
    requestId: expect.stringMatching(/^[\w-]{36}$/) as unknown,
    ...change,
  });
  const key = (role: string) => ({ before: null, after: { name: 'by hand', role, expiresAt: null } });
  const revokedAt = expect.any(String) as unknown;
  expect(auditLog.nodes).toEqual([
    entry('revokeApiKey', 'ApiKey', other, 'by hand', { before: { revokedAt: null }, after: { revokedAt } }),
    entry('createApiKey', 'ApiKey', other, 'by hand', key('READER')),
    entry('createApiKey', 'ApiKey', id, 'by hand', key('ADMIN')),
    entry('createProject', 'Project', viewer.project.id, slug, {
      before: null,
      after: { slug, name: `The ${slug}` },
    }),
  ]);
  expect(JSON.stringify(auditLog)).not.toContain(secret.slice(3));
});

it('a change whose entry cannot be written is not made', async () => {
  const slug = await createProject();
  await server.sql('alter table audit_log add constraint full_up check (false) not valid');
  try {
    const before = await server.dump();
    for (const words of [
      ['project', 'create', '--name', 'Never'],
      ['key', 'create', '--project', slug, '--name', 'never', '--role', 'READER'],
    ]) {
      expect(await run(words)).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(/./) as unknown,
      });
    }
    expect(await server.dump()).toEqual(before);
  } finally {
    await server.sql('alter table audit_log drop constraint full_up');
  }
});

describe('what cannot be done is told, with exit code 2 and nothing made', () => {
  let slug: string;
  beforeAll(async () => {
    slug = await createProject();
  });

  const key = (...more: string[]) => ['key', 'create', '--project', 'main', ...more];
  const long = 'x'.repeat(257);
  const cases: [string, string[], RegExp][] = [
    ['no action', ['project'], /^fleetgraph project: one of create, list$/],
    ['an unknown action', ['project', 'delete', 'main'], /^fleetgraph project: one of create, list, got "delete"$/],
    ['an inherited name as an action', ['key', 'constructor'], /^fleetgraph key: one of create, list, revoke, got/],
    ['an unknown option', ['project', 'create', '--title', 'x'], /--title.*Try fleetgraph project --help\.$/],
    ['no name', ['project', 'create'], /^project create: --name is missing$/],
    ['an empty name', ['project', 'create', '--name', ''], /^--name: must have 1 to 256 characters/],
    ['a long name', ['project', 'create', '--name', long], /^--name: at most 256 characters/],
    ['a name of which no slug can be made', ['project', 'create', '--name', '世界'], /^--name: no slug can be made/],
    ['a bad slug', ['project', 'create', '--name', 'x', '--slug', 'A b'], /^--slug: must be 1 to 64 of a-z/],
    ['a long slug', ['project', 'create', '--name', 'x', '--slug', 'x'.repeat(65)], /^--slug: must be 1 to 64/],
    ['a slug that is taken', ['project', 'create', '--name', 'Main'], /^--slug: there is a project "main" already$/],
    ['a word too many', ['project', 'create', 'main', '--name', 'x'], /^project create: what is "main"\?/],
    ['a word after list', ['project', 'list', 'main'], /^project list takes no "main"$/],
    ['no project', ['key', 'create', '--name', 'x', '--role', 'ADMIN'], /^key create: --project is missing$/],
    ['no role', key('--name', 'x'), /^key create: --role is missing$/],
    ['an unknown role', key('--name', 'x', '--role', 'OWNER'), /^--role: one of READER, WRITER, ADMIN, got "OWNER"$/],
    ['the role of devices', key('--name', 'x', '--role', 'DEVICE'), /^--role: one of READER, WRITER, ADMIN/],
    ['an empty name of a key', key('--name', '', '--role', 'ADMIN'), /^--name: must have 1 to 256 characters/],
    [
      'a date that is none',
      key('--name', 'x', '--role', 'ADMIN', '--expires', 'soon'),
      /^--expires: a time with offset/,
    ],
    [
      'an expiry that is past',
      key('--name', 'x', '--role', 'ADMIN', '--expires', '2020-01-01T00:00:00Z'),
      /^--expires: a time in the future$/,
    ],
    [
      'an unknown project',
      ['key', 'create', '--project', 'nowhere', '--name', 'x', '--role', 'ADMIN'],
      /^--project: there is no project "nowhere"$/,
    ],
    ['an unknown project of a list', ['key', 'list', '--project', "x' or true"], /^--project: there is no project/],
    ['a malformed id', ['key', 'revoke', '--project', 'main', 'x'], /^ID: not an id of this API$/],
    ['no id', ['key', 'revoke', '--project', 'main'], /^key revoke: one id, as fleetgraph key list shows it$/],
  ];

  it.each(cases)('%s', async (_title, words, message) => {
    const before = await server.dump();
    const { exitCode, stdout, stderr } = await run(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.trimEnd()).toMatch(message);
    expect(await server.dump()).toEqual(before);
  });

  it("the id of another project's key", async () => {
    await createKey(slug, 'READER');
    const [id] = (await run(['key', 'list', '--project', slug])).stdout.split('\t');
    const before = await server.dump();
    expect(await run(['key', 'revoke', '--project', 'main', id!])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'ID: there is no such key\n',
    });
    expect(await server.dump()).toEqual(before);
  });

  it('a wrong setting', async () => {
    expect(await run(['project', 'list'], { DATABASE_URL: 'mysql://x' })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('DATABASE_URL: an address that begins with postgres://') as unknown,
    });
  });

  it('a database without tables', async () => {
    const url = new URL(server.databaseUrl);
    url.pathname = '/postgres';
    expect(await run(['project', 'list'], { DATABASE_URL: url.href })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^the database has not the tables of this version/) as unknown,
    });
  });
});

it('a database that does not answer is told, with exit code 1 and without its password', async () => {
  const result = await run(['project', 'list'], { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x' });
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toMatch(/^the database could not be used: .*ECONNREFUSED/);
  expect(result.stderr).not.toContain('hunter2');
});

it.each(['project', 'key'])('%s --help tells what it does', async (command) => {
  const { exitCode, stdout } = await run([command, '--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(new RegExp(`^Usage: fleetgraph ${command} create --`));
  expect(stdout).toContain('DATA_DIR');
});

describe('with the embedded database', () => {
  let folder: string;
  let app: App | undefined;
  beforeAll(async () => {
    folder = await makeTestFolder();
  });
  afterAll(async () => {
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('the tool works beside its server and without one, and never makes an installation', async () => {
    const env = { DATA_DIR: join(folder, 'data') };
    const refused = await runProcess(['project', 'create', '--name', 'Early'], env);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^there is no database in .*data: set DATA_DIR or DATABASE_URL/);

    const config = {
      ...env,
      PORT: '0',
      FLEETGRAPH_ADMIN_KEY: ADMIN_KEY,
      FLEETGRAPH_DEMO: 'false',
      LOG_LEVEL: 'silent',
    };
    app = await startApp(parseConfig(config));
    expect(await runProcess(['project', 'create', '--name', 'Beside'], env)).toMatchObject({
      exitCode: 0,
      stdout: 'beside\n',
    });
    const secret = (await runProcess(['key', 'create', '--project', 'beside', '--name', 'k', '--role', 'ADMIN'], env))
      .stdout;
    expect(await clientOf(`${app.url}/graphql`, secret.trim()).ask(WHO)).toMatchObject({
      viewer: { project: { slug: 'beside' } },
    });
    await app.stop();
    app = undefined;

    expect(await runProcess(['project', 'create', '--name', 'Alone'], env)).toMatchObject({
      exitCode: 0,
      stdout: 'alone\n',
    });
    app = await startApp(parseConfig(config));
    expect((await runProcess(['project', 'list'], env)).stdout.replaceAll(/\t.*/g, '')).toBe('alone\nbeside\nmain\n');
  }, 60_000);
});
