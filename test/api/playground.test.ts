import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startApp, type App } from '../../src/app.js';
import { parseConfig } from '../../src/config.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
/** With signs that an address must escape. */
const KEY = 'fg_playground+test/key=of&24';
const PROJECT_ROOT = join(__dirname, '..', '..');

const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.warn(`the playground is not tried: no Chromium at ${CHROMIUM}; CHROMIUM_PATH names another`);

(hasChromium ? describe : describe.skip)('the playground in a browser', () => {
  let database: TestDatabase;
  let app: App;
  let browser: Browser;

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(PROJECT_ROOT, 'scripts', 'build.mjs')]);
    database = await createTestDatabase();
    app = await startApp(
      parseConfig({ DATABASE_URL: database.url, PORT: '0', FLEETGRAPH_ADMIN_KEY: KEY, LOG_LEVEL: 'silent' }),
    );
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    await database?.drop();
  });

  interface Visit {
    readonly page: Page;
    /** Addresses outside of the server that the page asked for. */
    readonly foreign: string[];
    /** Of requests to the server: address and status. */
    readonly answers: { path: string; status: number }[];
    /** What the browser complained of, such as a breach of the content security policy. */
    readonly complaints: string[];
  }

  async function visit(path: string): Promise<Visit> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const result: Visit = { page, foreign: [], answers: [], complaints: [] };
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${app.url}/`) && !url.startsWith('data:')) result.foreign.push(url);
    });
    context.on('response', (response) => {
      if (!response.url().startsWith('data:')) {
        result.answers.push({ path: new URL(response.url()).pathname, status: response.status() });
      }
    });
    page.on('console', (message) => message.type() === 'error' && result.complaints.push(message.text()));
    page.on('pageerror', (error) => result.complaints.push(error.message));
    await page.goto(app.url + path);
    return result;
  }

  const withKey = `/#key=${encodeURIComponent(KEY)}`;

  /** Runs the operation in sight and waits for its answer. */
  async function run(page: Page): Promise<string> {
    await page.locator('.graphiql-query-editor .view-lines').waitFor();
    const answer = page.waitForResponse((response) => {
      const sent = response.request().postData() ?? '';
      return response.url().endsWith('/graphql') && !sent.includes('__schema') && !sent.includes('query Viewer');
    });
    await page.locator('.graphiql-execute-button').click();
    return (await answer).text();
  }

  it('takes the key from the address, keeps it for the session and takes it out of the address', async () => {
    const { page } = await visit(withKey);
    await page.locator('.graphiql-execute-button').waitFor();
    expect(page.url()).toBe(`${app.url}/`);
    await page.reload();
    await page.locator('.graphiql-execute-button').waitFor();
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('fg_');
    expect(await page.locator('.viewer').textContent()).toContain('ADMIN');
    await page.context().close();
  });

  it('runs each ready tab on the demonstration fleet', async () => {
    const { page, complaints } = await visit(withKey);
    await page.locator('.graphiql-execute-button').waitFor();
    const answers: Record<string, unknown> = {};
    for (const tab of await page.locator('.graphiql-tab-button').all()) {
      await tab.click();
      const { data, errors } = JSON.parse(await run(page)) as Record<string, unknown>;
      answers[(await tab.textContent()) ?? ''] = { data, errors };
    }
    expect(answers).toEqual({
      FindDevice: { data: { device: expect.objectContaining({ deviceSerial: 'DEMO-0001' }) } },
      SearchByAttributes: {
        data: { devices: { totalCount: expect.any(Number), nodes: expect.arrayContaining([expect.anything()]) } },
      },
      PageOn: {
        data: {
          devices: {
            pageInfo: { hasNextPage: true, endCursor: expect.any(String) },
            nodes: expect.arrayContaining([expect.objectContaining({ deviceSerial: 'DEMO-0001' })]),
          },
        },
      },
      MoveDevices: { data: { moveDevicesToCohort: expect.objectContaining({ dryRun: true, unknownSerials: [] }) } },
    });
    await page.locator('.graphiql-response .view-line', { hasText: 'moveDevicesToCohort' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('needs nothing from outside of the server, its workers and fonts included', async () => {
    const { page, foreign, answers, complaints } = await visit(withKey);
    await run(page);
    // The schema has arrived in the editor's worker when the manual can be read.
    await page.locator('button[aria-label*="Documentation"]').click();
    await page.getByText('Mutation', { exact: true }).first().waitFor();
    // All three workers start: without the one for GraphQL nothing is completed or underlined.
    for (const name of ['editor', 'json', 'graphql']) {
      const isRunning = () => page.workers().some((worker) => worker.url().includes(`/playground/${name}-worker-`));
      if (!isRunning()) await page.waitForEvent('worker', { predicate: isRunning });
    }
    expect(foreign).toEqual([]);
    expect(answers.filter(({ status }) => status >= 400)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('asks for a key, says when one is wrong, and takes another', async () => {
    const { page } = await visit('/');
    await page.getByLabel('API key').fill('fg_wrong');
    await page.getByRole('button', { name: 'Open the playground' }).click();
    await page.getByText('The server does not accept this key.').waitFor();
    await page.getByLabel('API key').fill(KEY);
    await page.getByRole('button', { name: 'Open the playground' }).click();
    await page.locator('.graphiql-execute-button').waitFor();
    await page.context().close();
  });

  it('forgets the key when asked for another', async () => {
    const { page } = await visit(withKey);
    await page.getByRole('button', { name: 'Change key' }).click();
    await page.getByLabel('API key').waitFor();
    await page.reload();
    await page.getByLabel('API key').waitFor();
    await page.context().close();
  });

  it('may not be framed and loads nothing foreign even if asked to', async () => {
    const { headers } = await fetch(`${app.url}/`);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('lets browsers keep what never changes and ask anew for the page', async () => {
    const page = await fetch(`${app.url}/`);
    const html = await page.text();
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const etag = page.headers.get('etag') ?? '';
    expect((await fetch(`${app.url}/`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const script = /src="(playground\/[^"]+\.js)"/.exec(html)?.[1];
    const asset = await fetch(`${app.url}/${script}`, { headers: { 'accept-encoding': 'gzip' } });
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(asset.headers.get('content-encoding')).toBe('gzip');
    const plain = await fetch(`${app.url}/${script}`, { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(await asset.text());
  });
});
