/** Whoever asks for much leaves connections to others. */
import { connect } from 'node:net';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

test('searches and look-ups of one key that hang take no connection from those of another', async () => {
  const greedy = await server.createProject();
  for (const client of [server, greedy]) {
    await client.ask(
      'mutation { createDevice(input: {deviceSerial: "d", attributes: [{name: "a", value: "x"}]}) { created } }',
    );
  }
  const unlock = await server.lockTable('posting_text');
  const unlockDocuments = await server.lockTable('device_document');
  const hanging = Array.from({ length: 40 }, (_, index) =>
    greedy.graphql(
      index % 2 === 0
        ? '{ devices(filter: {attributes: [{name: "a", eq: "x"}]}) { totalCount } }'
        : '{ device(deviceSerial: "d") { attributes { name } } }',
    ),
  );
  try {
    // The connections are taken while the server finds out about the last of them.
    await greedy.ask('{ viewer { name } }');
    expect(
      await server.ask('{ devices(filter: {deviceSerial: {eq: "d"}}) { nodes { deviceSerial cohort { slug } } } }'),
    ).toEqual({ devices: { nodes: [{ deviceSerial: 'd', cohort: { slug: 'default' } }] } });
  } finally {
    await unlock();
    await unlockDocuments();
  }
  await Promise.all(hanging);
});

test('requests whose bodies are still to come count among those of the key', async () => {
  const strict = await startServer({ FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: '2' });
  const { port } = new URL(strict.url);
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${strict.key}\r\nContent-Type: application/json\r\n`;
  const open = () => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`${head}Content-Length: 1000\r\n\r\n`);
    // Refused, since a question of ours had the place.
    socket.once('data', () => socket.destroy());
    return socket;
  };
  let senders = [open(), open()];
  const codeOf = async () => (await strict.graphql('{ viewer { name } }')).body.errors?.[0]?.extensions.code;
  try {
    while ((await codeOf()) !== 'RATE_LIMITED') senders = senders.map((one) => (one.destroyed ? open() : one));
    senders[0]!.destroy();
    while ((await codeOf()) === 'RATE_LIMITED');
  } finally {
    for (const sender of senders) sender.destroy();
    await strict.stop();
  }
});
