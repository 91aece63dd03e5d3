import * as fc from 'fast-check';
import { arrayLiteral } from '../../../src/database/array-literal.js';
import { sql } from '../../../src/database/sql.js';
import { createFleet, type Fleet } from '../../support/fleet.js';
import { runs } from '../../support/property.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
});
afterAll(() => fleet.stop());

const HOSTILE = ['', '"', '\\', '\\"', ',', '{}', '{', '}', 'NULL', 'null', ' ', ' a ', "'", '\n\t', '😀', '$1', '","'];

/** What Postgres reads, element by element, in the array that it was sent. */
async function readBack(values: readonly unknown[], type: 'text' | 'double precision' | 'boolean' | 'timestamptz') {
  const types = {
    text: sql`${values}::text[]`,
    'double precision': sql`${values}::double precision[]`,
    boolean: sql`${values}::boolean[]`,
    timestamptz: sql`${values}::timestamptz[]`,
  };
  const rows = await fleet.rows<{ one: unknown }>(
    sql`select e.one from unnest(${types[type]}) with ordinality as e(one, n) order by e.n`,
  );
  return rows.map(({ one }) => one);
}

test('texts arrive as they are, whatever they look like, and null as null', async () => {
  const text = fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.string({ unit: 'binary' }).map((one) => one.replaceAll('\0', '').toWellFormed()),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text)), async (texts) => {
      expect(await readBack(texts, 'text')).toEqual(texts);
    }),
    runs(100),
  );
});

test('numbers, booleans and times arrive as they are', async () => {
  const numbers = [0, -1.5, 5e-324, 1.7976931348623157e308, 1e21, 2 ** 53, null];
  expect(await readBack(numbers, 'double precision')).toEqual(numbers);
  expect(await readBack([true, false, null], 'boolean')).toEqual([true, false, null]);
  const times = [new Date('0001-01-01T00:00:00.000Z'), new Date('2026-03-01T12:00:00.123Z'), null];
  expect(await readBack(times, 'timestamptz')).toEqual(times);
});

test('what is not known is left to the driver', async () => {
  expect(arrayLiteral([[1]])).toBeUndefined();
  expect(arrayLiteral([Buffer.from('a')])).toBeUndefined();
});
