import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type App, startApp } from '../../src/app.js';
import { parseConfig, SETTINGS } from '../../src/config.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { graphql } from '../support/graphql-client.js';

const ROOT = join(__dirname, '..', '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const KEY = 'readme-test-key-0123456789abcdef';

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The code blocks that follow a heading, up to the next heading. */
function blocksUnder(heading: string): readonly Block[] {
  const [, rest] = README.split(`${heading}\n`);
  if (rest === undefined) throw new Error(`the README has no "${heading}"`);
  const section = rest.split(/^#{2,3} /m)[0]!;
  return [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));
}

describe('the README', () => {
  let database: TestDatabase;
  let app: App;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startApp(
      parseConfig({ DATABASE_URL: database.url, PORT: '0', FLEETGRAPH_ADMIN_KEY: KEY, LOG_LEVEL: 'silent' }),
    );
  });

  afterAll(async () => {
    await app?.stop();
    await database?.drop();
  });

  /** What a command prints as it stands there, but against this server. */
  const run = async (command: string) => {
    const { stdout } = await promisify(execFile)('sh', ['-c', command.replaceAll('http://127.0.0.1:4000', app.url)], {
      cwd: ROOT,
      env: { ...process.env, FLEETGRAPH_API_KEY: KEY, FLEETGRAPH_URL: `${app.url}/graphql` },
    });
    return stdout;
  };

  it('shows the import of the sample and the first query with their real output', async () => {
    const [commands, output, query, answer] = blocksUnder('## A first query, on your own devices');
    const command = commands!.text.split('\n').find((line) => line.startsWith('npm run'));
    const timeless = (text: string) => text.replace(/in [\d.]+ s/, 'in N s');
    expect(timeless(await run(command!))).toBe(timeless(output!.text));

    const { body } = await graphql(`${app.url}/graphql`, KEY, query!.text);
    expect(body).toEqual(JSON.parse(answer!.text));
  });

  it('shows the curl command of a CI script with its real answer', async () => {
    const [command, answer] = blocksUnder('### A CI script, with curl');
    expect(JSON.parse(await run(command!.text))).toEqual(JSON.parse(answer!.text));
  });

  it('has an operation for making a key that works', async () => {
    const mutation = blocksUnder('### A CI script, with curl').find(({ language }) => language === 'graphql');
    const { body } = await graphql(`${app.url}/graphql`, KEY, mutation!.text);
    expect(body).toMatchObject({ data: { createApiKey: { secret: expect.stringMatching(/^fg_/) } } });
  });

  it('names only settings that exist', () => {
    const named = [...README.matchAll(/`([A-Z][A-Z_]+)`/g)]
      .map(([, name]) => name!)
      .filter((name) => /_|PORT/.test(name));
    expect(named.filter((name) => !Object.hasOwn(SETTINGS, name))).toEqual([]);
  });
});
