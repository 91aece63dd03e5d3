/**
 * Whether the gateway stays as it is under load that does not end: memory over a million requests and over ten thousand
 * different documents, delay of the event loop, export of the whole fleet.
 * `npm run bench:endurance -- [--devices N] [--data-dir DIR] [--database-url URL] [--only mix,documents,loop,export]
 * [--requests N] [--documents N] [--seconds N] [--concurrency N]`
 */
import 'reflect-metadata';
import { withFleet } from '../search/database.js';
import { createClient } from '../http/client.js';
import { createKey } from '../http/key.js';
import { QUERIES, requestMaker } from '../http/queries.js';
import { seededRandom } from '../http/random.js';
import { readSample } from '../http/sample.js';
import type { Sample } from '../http/queries.js';
import { type EnduranceArguments, parseArguments } from './arguments.js';
import { exportFleet } from './export.js';
import { type Gateway, startGateway } from './gateway.js';
import { growthLine, MEMORY_HEAD, memoryLine, type MemorySample } from './memory-table.js';
import { differentDocuments, mixOf, type Request } from './requests.js';
import { send } from './send.js';

const SAMPLES = 20;
const KEY_NAME = 'bench:endurance';

interface Bench {
  readonly args: EnduranceArguments;
  readonly gateway: Gateway;
  readonly key: string;
  readonly sample: Sample;
}

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  await withFleet(args, async (dataSource, url) => {
    const key = await createKey(dataSource, KEY_NAME);
    const gateway = await startGateway(url);
    try {
      const client = createClient(gateway.url, key);
      const sample = await readSample(dataSource, args.devices, { A: client });
      const bench = { args, gateway, key, sample };
      // First, when the server has not grown by anything else.
      if (args.only.includes('export')) console.log(await exportFleet(gateway, client));
      if (args.only.includes('loop')) await watchLoop(bench);
      if (args.only.includes('documents')) {
        console.log(`\n# ${args.documents} different documents`);
        await watchMemory(bench, args.documents, differentDocuments(sample, 'documents'));
      }
      if (args.only.includes('mix')) {
        console.log(`\n# ${args.requests} requests of the mix`);
        await watchMemory(bench, args.requests, mixOf(sample, `mix ${Date.now()}`));
      }
    } finally {
      await gateway.stop();
    }
  });
}

/** Memory before, at equal distances, and how it grew over the second half. */
async function watchMemory({ args, gateway, key }: Bench, requests: number, next: () => Request): Promise<void> {
  const samples: MemorySample[] = [];
  const look = async (sent: number) => {
    const memory = { requests: sent, ...(await gateway.memory({ collects: true })) };
    samples.push(memory);
    console.log(memoryLine(memory));
  };
  console.log(MEMORY_HEAD.join('\n'));
  await look(0);
  const began = performance.now();
  let sent = 0;
  for (let part = 1; part <= SAMPLES; part += 1) {
    const until = Math.round((requests * part) / SAMPLES);
    const goesOn = () => {
      if (sent === until) return false;
      sent += 1;
      return true;
    };
    await send({ url: gateway.url, key, concurrency: args.concurrency, next, goesOn });
    await look(sent);
  }
  const perSecond = requests / ((performance.now() - began) / 1_000);
  const { p99, most } = await gateway.loopDelay(key);
  console.log(growthLine(samples));
  console.log(
    `# ${perSecond.toFixed(0)} requests/s; event loop late by ${p99.toFixed(1)} ms (p99), ${most.toFixed(0)} at most`,
  );
}

/** The delay of the event loop under each load of bench/http, at its concurrency. */
async function watchLoop({ args, gateway, key, sample }: Bench): Promise<void> {
  console.log('\n| query | at once | p99 of the event loop, ms | most, ms |\n| --- | ---: | ---: | ---: |');
  for (const query of QUERIES) {
    const concurrency = query.oneAtATime ? 1 : args.concurrency;
    const random = seededRandom(`${query.id} ${Date.now()}`);
    const { bodyOf } = requestMaker(query, 'A');
    const next = () => ({ body: bodyOf(query.draw(random, sample)), isGood: true });
    const during = async (ms: number) => {
      const end = performance.now() + ms;
      await send({ url: gateway.url, key, concurrency, next, goesOn: () => performance.now() < end });
    };
    await during(2_000);
    await gateway.loopDelay(key);
    await during(args.seconds * 1_000);
    const { p99, most } = await gateway.loopDelay(key);
    console.log(`| ${query.id} | ${concurrency} | ${p99.toFixed(1)} | ${most.toFixed(0)} |`);
  }
}

main().catch((fault: unknown) => {
  console.error(fault);
  process.exitCode = 1;
});
