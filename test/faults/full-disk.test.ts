/** A disk that is full: a small file system in memory, which only root may make. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTestFolder } from '../integration/embedded/test-folder.js';
import type { GraphqlAnswer } from '../support/graphql-client.js';
import { type Gateway, killGateways, startGateway } from '../support/gateway-process.js';
import { within } from '../support/in-time.js';

const SIZE = '160m';

let folder: string;
let disk: string;
let isMounted = false;

function run(file: string, ...args: string[]): boolean {
  return spawnSync(file, args).status === 0;
}

/** Whether this process may mount at all, tried where nothing is. */
function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && run('unshare', '--mount', 'true');
}

beforeAll(async () => {
  folder = await makeTestFolder();
  disk = join(folder, 'disk');
  await mkdir(disk);
  isMounted = canMount() && run('mount', '-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'tmpfs', disk);
  if (isMounted) await chmod(disk, 0o755);
});

afterAll(async () => {
  killGateways();
  if (isMounted) await within(20_000, async () => run('umount', disk));
  await rm(folder, { recursive: true, force: true });
});

/** Takes all space that is left. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (const size of [1024 * 1024, 4096]) {
      const block = Buffer.alloc(size, 1);
      for (;;) if ((await file.write(block)).bytesWritten < size) break;
    }
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'ENOSPC') throw fault;
  } finally {
    await file.close();
  }
}

const CREATE = `mutation ($serial: String!, $value: AttributeValue!) {
  createDevice(input: {deviceSerial: $serial, attributes: [{name: "v", value: $value}]}) { created } }`;

/** Creates devices until one is refused; `acknowledged` gets the others. */
async function writeUntilRefused(gateway: Gateway, acknowledged: string[]): Promise<GraphqlAnswer> {
  for (;;) {
    const serial = `full-${acknowledged.length}`;
    const answer = await gateway.graphql(CREATE, { serial, value: randomBytes(1_000).toString('base64') });
    if (answer.body.errors !== undefined) return answer;
    acknowledged.push(serial);
  }
}

(canMount() ? it : it.skip)(
  'no space left is said in so many words, nothing acknowledged is lost, and with space again all is well',
  async () => {
    expect(isMounted).toBe(true);
    const env = { DATA_DIR: join(disk, 'data') };
    const fillers = [join(disk, 'filler'), join(disk, 'rest')] as const;
    let gateway = await startGateway(env);
    const acknowledged: string[] = [];
    const writing = writeUntilRefused(gateway, acknowledged);
    await within(20_000, async () => acknowledged.length >= 50);
    for (const filler of fillers) await fill(filler);

    const { status, body } = await writing;
    expect(status).toBe(503);
    expect(body.errors).toMatchObject([
      { message: 'The database has no space left to keep anything.', extensions: { code: 'UNAVAILABLE' } },
    ]);
    // Reading goes on.
    const read = await gateway.graphql('{ device(deviceSerial: "full-0") { deviceSerial } }');
    expect({ ...read, log: read.body.errors && gateway.output() }).toMatchObject({
      body: { data: { device: { deviceSerial: 'full-0' } } },
    });
    gateway.signal('SIGTERM');
    expect((await gateway.gone).code).toBe(0);
    await expect(startGateway({ DATA_DIR: join(disk, 'new') })).rejects.toThrow(/could not start: .*no space left/is);

    for (const filler of fillers) await rm(filler);
    gateway = await startGateway(env);
    expect((await gateway.graphql(CREATE, { serial: 'with-space-again', value: 1 })).body).toMatchObject({
      data: { createDevice: { created: true } },
    });
    const { devices } = await gateway.ask<{ devices: { totalCount: number } }>('{ devices { totalCount } }');
    expect(devices.totalCount).toBe(acknowledged.length + 1);
    for (const deviceSerial of acknowledged) {
      expect(
        await gateway.ask('query ($s: String!) { device(deviceSerial: $s) { deviceSerial } }', { s: deviceSerial }),
      ).toEqual({ device: { deviceSerial } });
    }
    gateway.signal('SIGTERM');
    expect((await gateway.gone).code).toBe(0);
  },
  180_000,
);
