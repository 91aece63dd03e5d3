/** What requests are drawn from, read from the fleet and, of places in the order of ids, from the servers. */
import type { DataSource } from 'typeorm';
import type { Client } from './client.js';
import { PROJECT, type Sample } from './queries.js';

/** Places are so many devices apart. */
const STEP = 500;
const MOST_PLACES = 200;
const SEARCHES = 1_000;

/** `clients` are those that page by cursors of their own. */
export async function readSample(
  dataSource: DataSource,
  devices: number,
  clients: Readonly<Partial<Record<'A' | 'B', Client>>>,
): Promise<Sample> {
  const serials: { serial: string }[] = await dataSource.query(
    `select device_serial as serial from device where project_id = $1 order by id`,
    [PROJECT],
  );
  const slugs: { slug: string }[] = await dataSource.query(
    `select slug from cohort where project_id = $1 order by id`,
    [PROJECT],
  );
  // Devices that are everywhere in the fleet, and what they themselves meet.
  const searches: Sample['searches'] = await dataSource.query(
    `select attributes -> '1' ->> 0 as kind, attributes -> '14' ->> 0 as region,
            (attributes -> '9' ->> 0)::double precision - 5 as "warmerThan"
     from device_document where project_id = $1 and device_id % greatest(1, $2::integer / $3::integer) = 0
     order by device_id`,
    [PROJECT, devices, SEARCHES],
  );
  const step = Math.min(STEP, Math.floor(devices / 10));
  const count = Math.min(MOST_PLACES, Math.floor(devices / step) - 1);
  const ids: { id: string }[] = await dataSource.query(
    `select id from (select id, row_number() over (order by id) as n from device where project_id = $1) numbered
     where n % $2 = 0 order by id limit $3`,
    [PROJECT, step, count],
  );
  const ofA = clients.A && (await cursors(clients.A, DEVICES_OF_A, step, count));
  const ofB = clients.B && (await cursors(clients.B, DEVICES_OF_B, step, count));
  return {
    serials: serials.map(({ serial }) => serial),
    slugs: slugs.map(({ slug }) => slug),
    searches,
    places: ids.map(({ id }, index) => ({ A: ofA?.[index], B: ofB?.[index], C: id })),
  };
}

const DEVICES_OF_A = `query ($first: Int!, $after: String) {
  devices(first: $first, after: $after) { pageInfo { endCursor } } }`;
const DEVICES_OF_B = `query ($project: Int!, $first: Int!, $after: Cursor) {
  devices: allDevices(condition: { projectId: $project }, orderBy: [ROW_ID_ASC], first: $first, after: $after) {
    pageInfo { endCursor } } }`;

async function cursors(client: Client, document: string, step: number, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const variables = { ...(document === DEVICES_OF_B && { project: PROJECT }), first: step, after: found.at(-1) };
    const data = await client('/graphql', JSON.stringify({ query: document, variables }));
    found.push((data as { devices: { pageInfo: { endCursor: string } } }).devices.pageInfo.endCursor);
  }
  return found;
}
