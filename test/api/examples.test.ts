import 'reflect-metadata';
import { execFile, spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, startApp } from '../../src/app.js';
import { parseConfig } from '../../src/config.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { graphql } from '../support/graphql-client.js';

const EXAMPLES = join(__dirname, '..', '..', 'examples');
const KEY = 'examples-test-key-0123456789abcdef';

/** What a script said it would do, and the answers that it then printed. */
type Step = readonly [title: string, ...answers: unknown[]];

interface ScriptResult {
  readonly exitCode: number;
  readonly stderr: string;
  readonly steps: readonly Step[];
}

function parseSteps(stdout: string): readonly Step[] {
  const steps: [string, ...unknown[]][] = [];
  for (const line of stdout.split('\n')) {
    if (line.startsWith('== ')) steps.push([line.slice('== '.length)]);
    else if (line.startsWith('{')) steps.at(-1)!.push((JSON.parse(line) as { data?: unknown }).data);
  }
  return steps;
}

const describeWithCurl = spawnSync('curl', ['--version']).error === undefined ? describe : describe.skip;

describeWithCurl('the example scripts (skipped if there is no curl)', () => {
  let database: TestDatabase;
  let app: App;
  let url: string;
  const tried = new Set<string>();

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
  });

  afterAll(async () => {
    await app?.stop();
    await database?.drop();
  });

  /** From another folder and with a bare environment, as a CI job does. */
  async function run(
    name: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<ScriptResult> {
    tried.add(name);
    return new Promise((resolve) => {
      const options = {
        cwd: tmpdir(),
        env: { PATH: process.env['PATH'], FLEETGRAPH_URL: url, FLEETGRAPH_API_KEY: KEY, ...env },
      };
      execFile('sh', [join(EXAMPLES, name), ...args], options, (fault, stdout, stderr) => {
        resolve({ exitCode: fault === null ? 0 : Number(fault.code), stderr, steps: parseSteps(stdout) });
      });
    });
  }

  async function query(text: string, variables: Record<string, unknown> = {}): Promise<unknown> {
    const { body } = await graphql(url, KEY, text, variables);
    return body.errors === undefined ? body.data : body.errors;
  }

  async function everything(): Promise<unknown> {
    return query('{ devices { nodes { deviceSerial } } groups { nodes { name } } cohorts { nodes { slug } } }');
  }

  describe('memfault-add-device-to-cohort.sh', () => {
    it('creates device and cohort, then moves the device', async () => {
      const inDefault = { hardwareVersion: 'proto', cohort: { name: 'default', slug: 'default' } };
      expect(await run('memfault-add-device-to-cohort.sh')).toMatchObject({
        exitCode: 0,
        stderr: '',
        steps: [
          ['Make sure the device ABCD1234 exists', { device: null }],
          [
            'It does not: create it',
            { createDevice: { created: true, device: { deviceSerial: 'ABCD1234', lastSeen: null, ...inDefault } } },
          ],
          [
            'Make sure the cohort f8e70b92 exists',
            { createCohort: { created: true, cohort: { name: 'Beta', slug: 'f8e70b92', deviceCount: 0 } } },
          ],
          [
            'Add the device to the cohort',
            {
              updateDevice: {
                device: { hardwareVersion: 'proto', cohort: { name: 'Beta', slug: 'f8e70b92', deviceCount: 1 } },
              },
            },
          ],
        ],
      });
    });

    it('finds all done when it is run again', async () => {
      await run('memfault-add-device-to-cohort.sh');
      const inBeta = { deviceSerial: 'ABCD1234', cohort: { slug: 'f8e70b92', deviceCount: 1 } };
      expect(await run('memfault-add-device-to-cohort.sh')).toMatchObject({
        exitCode: 0,
        steps: [
          ['Make sure the device ABCD1234 exists', { device: inBeta }],
          ['Make sure the cohort f8e70b92 exists', { createCohort: { created: false } }],
          ['Add the device to the cohort', { updateDevice: { device: inBeta } }],
        ],
      });
    });

    it('takes any serial and name', async () => {
      const [serial, name] = ['S"1\\\t\n$(x) é', 'Beta "2" \\'];
      expect(await run('memfault-add-device-to-cohort.sh', [serial, 'beta-2', name])).toMatchObject({ exitCode: 0 });
      expect(
        await query('query ($serial: String!) { device(deviceSerial: $serial) { cohort { slug name } } }', { serial }),
      ).toEqual({ device: { cohort: { slug: 'beta-2', name } } });
    });

    it('ends with a failure when the server refuses something', async () => {
      const { exitCode, stderr, steps } = await run('memfault-add-device-to-cohort.sh', ['ABCD1234', 'not a slug']);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/the server refused this/);
      expect(steps.map(([title]) => title)).toEqual([
        'Make sure the device ABCD1234 exists',
        'Make sure the cohort not a slug exists',
      ]);
    });

    it.each<[string, Record<string, string>, RegExp]>([
      ['the key is wrong', { FLEETGRAPH_API_KEY: 'fg_wrong' }, /the server refused this/],
      ['there is no key', { FLEETGRAPH_API_KEY: '' }, /FLEETGRAPH_API_KEY: set it to a key/],
      ['there is no server', { FLEETGRAPH_URL: 'http://127.0.0.1:9/graphql' }, /curl: \(7\)/],
    ])('ends with a failure when %s', async (_title, env, message) => {
      const { exitCode, stderr } = await run('memfault-add-device-to-cohort.sh', [], env);
      expect(exitCode).toBeGreaterThan(0);
      expect(stderr).toMatch(message);
    });

    it('ends with a failure when something else answers', async () => {
      const other = http.createServer((_request, response) => void response.end('<html></html>'));
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      const env = { FLEETGRAPH_URL: `http://127.0.0.1:${port}/graphql` };
      const { exitCode, stderr } = await run('memfault-add-device-to-cohort.sh', [], env);
      other.close();
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: `no GraphQL at ${env.FLEETGRAPH_URL}\n` });
    });
  });

  it('memfault-devices.sh makes every call of that document and leaves nothing', async () => {
    const before = await everything();
    const [first, second] = [{ deviceSerial: 'example-memfault-1' }, { deviceSerial: 'example-memfault-2' }];
    const list = (...nodes: unknown[]) => ({ devices: { totalCount: nodes.length, nodes } });
    const revision = '11d95ef20f7a048ce1da1a6891dd3e2f92c89d85';
    const steps = [
      [
        'Create devices',
        {
          createDevice: {
            device: {
              ...first,
              ownerRef: 'awesome_employee_1234',
              hardwareVersion: 'hwrev1',
              lastSeen: '2019-01-19T05:01:13.000Z',
              lastSeenRelease: { version: '1.2.3', revision },
              cohort: { slug: 'default' },
            },
          },
        },
        { createDevice: { device: { ...second, lastSeenRelease: { version: '1.2.4', revision: null } } } },
      ],
      ['List devices: release=1.2.3&release=1.2.4, sort=-last_seen', list(second, first)],
      ['List devices: sort=last_seen', list(first, second)],
      ['List devices: owner_ref=awesome_employee_1234&owner_ref=nobody', list(first)],
      ['List devices: last_seen_since=2019-01-19T05:01:13Z&last_seen_until=2019-02-01T00:00:00Z', list(first)],
      ['List devices: hardware_version=hwrev2, of these two', list(second)],
      ['Retrieve a device', { device: first }],
      ['Update a device', { updateDevice: { device: { ...first, ownerRef: 'user1234', hardwareVersion: 'hwrev2' } } }],
      [
        'Update device attributes',
        {
          setDeviceAttributes: {
            device: {
              ...first,
              attributes: [
                { name: 'battery_cycles', value: 117 },
                { name: 'region', value: 'EMEA' },
              ],
            },
          },
        },
      ],
      [
        'Retrieve device attributes',
        {
          device: {
            attributes: [
              { name: 'battery_cycles', type: 'NUMBER' },
              { name: 'region', type: 'STRING' },
            ],
          },
        },
      ],
      ['Delete devices', { deleteDevice: { deleted: true } }, { deleteDevice: { deleted: true } }],
    ];
    expect(await run('memfault-devices.sh')).toMatchObject({ exitCode: 0, stderr: '', steps });
    expect(await everything()).toEqual(before);
    expect(await run('memfault-devices.sh')).toMatchObject({ exitCode: 0, steps });
  });

  it('mender-inventory.sh makes every call of that document and leaves nothing', async () => {
    const before = await everything();
    const first = { deviceSerial: '291ae0e5956c69c2267489213df4459d19ed48a806603def19d417d004a4b67e' };
    const second = { deviceSerial: '76f40e5956c699e327489213df4459d1923e1a806603def19d417d004a4a3ef' };
    const third = { deviceSerial: 'example-mender-3' };
    const list = (totalCount: number, ...nodes: unknown[]) => ({ devices: { totalCount, nodes } });
    const [staging, testing] = [{ name: 'example-mender-staging' }, { name: 'example-mender-testing' }];
    const deleted = { deleteDevice: { deleted: true } };
    const steps = [
      [
        'POST /devices',
        {
          createDevice: {
            created: true,
            device: {
              ...first,
              attributes: [
                { name: 'cpu_load', value: 100, description: null },
                { name: 'ip_addr', value: '1.2.3.4', description: 'IP address' },
                { name: 'mac_addr', value: '00.01:02:03:04:05', description: 'MAC address' },
                { name: 'ports', value: ['8080', '8081'], description: 'Open ports' },
              ],
            },
          },
        },
        { createDevice: { created: true, device: second } },
        { createDevice: { created: true, device: third } },
      ],
      [expect.stringMatching(/^GET \/devices\?ip_addr=1\.2\.3\.4&ports=8080&cpu_load=100/), list(1, first)],
      [
        expect.stringMatching(/^PUT \/devices\/\{id\}\/group/),
        { setDeviceGroup: { device: { ...first, group: testing } } },
        { setDeviceGroup: { device: { ...first, group: staging } } },
      ],
      [
        expect.stringMatching(/^GET \/devices\/\{id\}\/group/),
        { device: { group: staging } },
        { device: { group: null } },
      ],
      ['GET /devices?has_group=true', list(1, first)],
      ['GET /devices?has_group=false', list(2, second, third)],
      ['GET /devices?page=2&per_page=2', list(3, third)],
      ['GET /devices?sort=cpu_load:asc,ip_addr:desc', list(3, third, second, first)],
      ['GET /devices/{id}', { device: first }],
      ['GET /groups', { groups: { nodes: [staging, testing] } }],
      ['GET /groups/{name}/devices?page=1&per_page=10', { group: { devices: { nodes: [first] } } }],
      ['DELETE /devices/{id}/group/{name}', { removeDeviceFromGroup: { device: { ...first, group: null } } }],
      ['DELETE /devices/{id}', deleted, deleted, deleted],
      [
        'And the groups, which in Mender go with their last device',
        { deleteGroup: { deleted: true } },
        { deleteGroup: { deleted: true } },
      ],
    ];
    expect(await run('mender-inventory.sh')).toMatchObject({ exitCode: 0, stderr: '', steps });
    expect(await everything()).toEqual(before);
    expect(await run('mender-inventory.sh')).toMatchObject({ exitCode: 0, steps });
  });

  it('biometricscloud-devices.sh makes every call of that document and leaves nothing', async () => {
    const before = await everything();
    const phone = { manufacturer: 'Apple', deviceCode: 'iPhone1,1', productName: 'iPhone', testMode: false };
    const watch = { manufacturer: 'Apple', deviceCode: 'Watch1,1', testMode: true };
    const page = (hasNextPage: boolean, ...nodes: unknown[]) => ({
      devices: { totalCount: 2, nodes, pageInfo: { hasNextPage } },
    });
    const disabled = { updateDevice: { device: { state: 'DISABLED' } } };
    const steps = [
      ['Create device: POST /devices', { createDevice: { device: { ...phone, state: 'ACTIVE' } } }],
      ['Create device: POST /devices with is_test_mode', { createDevice: { device: watch } }],
      ['List devices: GET /devices?offset=0&limit=100&sort_field=id&sort_order=asc', page(false, phone, watch)],
      ['List devices: limit=1&sort_order=desc, and the page that follows', page(true, watch), page(false, phone)],
      ['Retrieve device: GET /device/{id}', { device: { ...phone, registeredBy: 'admin' } }],
      ['Delete device: DELETE /device/{id}, which disables it', disabled, disabled],
      [
        'And not of that page: remove them altogether, so that this example leaves nothing',
        { deleteDevices: { matchedCount: 2, changedCount: 2, unknownSerials: [] } },
      ],
    ];
    const result = await run('biometricscloud-devices.sh');
    expect(result).toMatchObject({ exitCode: 0, stderr: '', steps });
    const { createDevice } = result.steps[0]![1] as { createDevice: { device: Record<string, unknown> } };
    expect(createDevice.device['deviceSerial']).toBe(createDevice.device['uuid']);
    expect(await everything()).toEqual(before);
    expect(await run('biometricscloud-devices.sh')).toMatchObject({ exitCode: 0, steps });
  });

  it('are all tried here', async () => {
    const scripts = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.sh') && name !== 'graphql.sh');
    expect([...tried].toSorted()).toEqual(scripts.toSorted());
  });
});
