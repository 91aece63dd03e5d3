import type { Client } from '../http/client.js';
import type { Gateway } from './gateway.js';

/** The largest page there is. */
const PAGE_SIZE = 500;
const MB = 2 ** 20;
const LOOK_EVERY_MS = 100;

const PAGE = `query Export($after: String) {
  devices(first: ${PAGE_SIZE}, after: $after) {
    nodes { deviceSerial state cohort { slug } group { name } attributes { scope name value } }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface Page {
  readonly devices: {
    readonly nodes: readonly unknown[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

/** Reads the whole fleet page by page, and says what that took in the server's memory. */
export async function exportFleet(gateway: Gateway, client: Client): Promise<string> {
  const { rss: before } = await gateway.memory({ collects: true });
  let most = before;
  const began = performance.now();
  let lookedAt = began;
  let devices = 0;
  for (let after: string | undefined; ;) {
    const data = await client('/graphql', JSON.stringify({ query: PAGE, variables: { after } }));
    const { nodes, pageInfo } = (data as Page).devices;
    devices += nodes.length;
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
    if (performance.now() - lookedAt < LOOK_EVERY_MS) continue;
    most = Math.max(most, (await gateway.memory({ collects: false })).rss);
    lookedAt = performance.now();
  }
  const seconds = (performance.now() - began) / 1_000;
  return (
    `# export of ${devices} devices with all attributes in pages of ${PAGE_SIZE}: ${seconds.toFixed(1)} s, ` +
    `${Math.round(devices / seconds)} devices/s, RSS ${(before / MB).toFixed(0)} MB before, ${(most / MB).toFixed(0)} MB at most`
  );
}
