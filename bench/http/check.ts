/** Before anything is measured: that all answer the same, and change the same. */
import { deepStrictEqual } from 'node:assert';
import type { DataSource } from 'typeorm';
import type { Client } from './client.js';
import type { Contender } from './contenders.js';
import { askOf, contendersOf, type Draw, PROJECT, type Query, requestMaker, type Sample } from './queries.js';
import { freshSeed, seededRandom } from './random.js';

const CHECKED = 5;

/** Throws with what differs. */
export async function checkAnswers(
  query: Query,
  clients: ReadonlyMap<Contender, Client>,
  sample: Sample,
  dataSource: DataSource,
): Promise<void> {
  const contenders = contendersOf(query, [...clients.keys()]);
  for (let turn = 0; turn < CHECKED; turn += 1) {
    let first: unknown;
    for (const contender of contenders) {
      const seed = `check ${query.id} ${turn}`;
      const draw = query.draw(seededRandom(query.writes ? freshSeed(seed, contender) : seed), sample);
      const ask = async () => {
        const { path, bodyOf } = requestMaker(query, contender);
        return askOf(query, contender).plain((await clients.get(contender)!(path, bodyOf(draw))) as never);
      };
      try {
        if (query.writes) await checkChange(dataSource, query, draw, ask);
        else {
          const answer = await ask();
          first ??= answer;
          deepStrictEqual(answer, first);
        }
      } catch (fault) {
        const message = fault instanceof Error ? fault.message : String(fault);
        throw new Error(`${query.id}: ${contender} does not answer or do as it should: ${message}`, { cause: fault });
      }
    }
  }
}

async function checkChange(
  dataSource: DataSource,
  { id }: Query,
  draw: Partial<Draw>,
  ask: () => Promise<unknown>,
): Promise<void> {
  if (id === 'Q5') await checkSet(dataSource, draw as Draw, ask);
  else await checkMove(dataSource, draw as Draw, ask);
  const [{ audited }] = await dataSource.query(
    `select count(*)::integer as audited from audit_log where project_id = $1 and at > now() - interval '1 minute'
       and (object_name = $2 or $2 is null and kind = 'Device' and matched_count is not null)`,
    [PROJECT, id === 'Q5' ? draw.serial : null],
  );
  if (audited === 0) throw new Error('it left no entry in the audit log');
}

/** The document and the postings of the device have the new values in place of the old ones, and nothing else differs. */
async function checkSet(dataSource: DataSource, { serial, wanted }: Draw, ask: () => Promise<unknown>): Promise<void> {
  const before = await stateOf(dataSource, serial);
  deepStrictEqual(await ask(), { device: { deviceSerial: serial } });
  const after = await stateOf(dataSource, serial);
  const written = new Map<string, unknown>(wanted.map(({ scope, name, value }) => [`${scope} ${name}`, value]));
  const expected = before.map(({ key, value, postings }) =>
    written.has(key)
      ? { key, value: written.get(key), postings: [String(written.get(key))] }
      : { key, value, postings },
  );
  deepStrictEqual(after, expected);
  const [{ recent }] = await dataSource.query(
    `select attributes_updated_at > now() - interval '1 minute' as recent from device
     where project_id = $1 and device_serial = $2`,
    [PROJECT, serial],
  );
  if (!recent) throw new Error('attributes_updated_at was not set');
}

interface AttributeState {
  readonly key: string;
  readonly value: unknown;
  /** Texts of what the search index has. */
  readonly postings: readonly string[];
}

async function stateOf(dataSource: DataSource, serial: string): Promise<AttributeState[]> {
  return dataSource.query(
    `select k.scope || ' ' || k.name as key, a.value -> 0 as value,
            (select array_agg(p.text order by p.text) from (
               select value as text from posting_text p where p.project_id = $1 and p.key_id = k.id and p.device_id = d.id
               union all
               select to_jsonb(value)::text from posting_number p
               where p.project_id = $1 and p.key_id = k.id and p.device_id = d.id) p) as postings
     from device d
     join device_document o on o.project_id = $1 and o.device_id = d.id
     cross join jsonb_each(o.attributes) a
     join attribute_key k on k.project_id = $1 and k.id = a.key::integer
     where d.project_id = $1 and d.device_serial = $2 order by k.id`,
    [PROJECT, serial],
  );
}

/** All are in the cohort, and the counters say so. */
async function checkMove(dataSource: DataSource, { slug, serials }: Draw, ask: () => Promise<unknown>): Promise<void> {
  const elsewhere = async (): Promise<number> => {
    const [{ count }] = await dataSource.query(
      `select count(*)::integer as count from device d join cohort c on c.project_id = $1 and c.id = d.cohort_id
       where d.project_id = $1 and d.device_serial = any($2) and c.slug <> $3`,
      [PROJECT, serials, slug],
    );
    return count;
  };
  const changedCount = await elsewhere();
  deepStrictEqual(await ask(), { moved: { matchedCount: serials.length, changedCount } });
  deepStrictEqual(await elsewhere(), 0);
  const wrong: unknown[] = await dataSource.query(
    `select c.slug, count(d.id) as devices, (
       select sum(n.delta) from device_count n
       where n.project_id = $1 and n.kind = 'COHORT' and n.owner_id = c.id) as counted
     from cohort c left join device d on d.project_id = $1 and d.cohort_id = c.id
     where c.project_id = $1 group by c.id, c.slug
     having count(d.id) is distinct from (
       select sum(n.delta) from device_count n where n.project_id = $1 and n.kind = 'COHORT' and n.owner_id = c.id)`,
    [PROJECT],
  );
  deepStrictEqual(wrong, []);
}
