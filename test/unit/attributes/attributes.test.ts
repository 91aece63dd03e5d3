import * as fc from 'fast-check';
import type { StoredAttributes } from '../../../src/database/entities/device-document.entity.js';
import { compareByPrecedence, compareCodePoints, readDocuments } from '../../../src/attributes/documents.js';
import { type AttributeKey, storedTypeOf } from '../../../src/attributes/keys.js';
import { INDEXED_CHARACTERS, splitText } from '../../../src/attributes/long-text.js';
import { writePostings } from '../../../src/attributes/write-postings.js';
import { SCOPES, SOURCES, TEXTS } from '../../support/fixtures.js';
import { byCodePoint } from '../../support/matches.js';
import { runs } from '../../support/property.js';

describe('splitText', () => {
  test('keeps the beginning, in characters, and loses nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TEXTS),
        fc.string({ unit: 'binary' }),
        fc.integer({ min: 590, max: 610 }),
        (text, tail, length) => {
          for (const one of [text, text + tail, '😀'.repeat(length) + tail, 'x'.repeat(length)]) {
            const { value, rest } = splitText(one);
            expect(value + (rest ?? '')).toBe(one);
            expect([...value].length).toBe(Math.min([...one].length, INDEXED_CHARACTERS));
            expect(rest === null).toBe([...one].length <= INDEXED_CHARACTERS);
          }
        },
      ),
      runs(100),
    );
  });

  test('leaves room for the other columns in an entry of an index, which has at most 2,704 bytes', () => {
    expect(Buffer.byteLength(splitText('😀'.repeat(5_000)).value)).toBeLessThan(2_600);
  });
});

test('compareCodePoints orders as Unicode numbers its characters, which UTF-16 does not', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(byCodePoint(a, b)));
    }),
    runs(300),
  );
  expect(compareCodePoints('\uFFFD', '😀')).toBeLessThan(0);
});

test('values of api count before those of sources, sources by name, then scopes in their order', () => {
  const all = fc.shuffledSubarray(
    SOURCES.flatMap((source) => SCOPES.map((scope) => ({ source, scope }))),
    { minLength: 20 },
  );
  fc.assert(
    fc.property(all, (shuffled) => {
      const sorted = shuffled.toSorted(compareByPrecedence).map(({ source, scope }) => `${source}/${scope}`);
      const scopes = ['TAGS', 'INVENTORY', 'MONITOR', 'IDENTITY', 'SYSTEM'];
      expect(sorted).toEqual(
        ['api', 'Zürich', 'a-source', 'memfault'].flatMap((source) => scopes.map((scope) => `${source}/${scope}`)),
      );
    }),
    runs(20),
  );
});

test('the attributes of a document are listed by name, then scope, then source', async () => {
  const key = (
    id: number,
    name: string,
    scope: AttributeKey['scope'],
    source: string,
    type: AttributeKey['type'] = 'NUMBER',
  ) => [String(id), { id, name, scope, source, type }] as const;
  const keys = new Map<string, AttributeKey>([
    key(1, '😀', 'IDENTITY', 'api'),
    key(2, '\uFFFD', 'TAGS', 'api'),
    key(3, 'a', 'TAGS', 'b'),
    key(4, 'a', 'TAGS', 'a'),
    key(5, 'a', 'INVENTORY', 'z'),
    key(6, '__proto__', 'SYSTEM', 'api', 'EMPTY_ARRAY'),
  ]);
  const read = async (...documents: StoredAttributes[]) =>
    (await readDocuments(documents, async () => keys)).map((attributes) => attributes.rows(attributes.keys));
  const all: StoredAttributes = { 1: [1, 0], 2: [2, 0], 3: [3, 0, 'about'], 4: [4, 5], 5: [5, 0], 6: [[], 0] };
  const [rows = [], none, others = []] = await read(all, {}, { 4: [9, 0], 5: ['x', 0] });
  expect(rows.map(({ name, scope, source }) => `${name} ${scope} ${source}`)).toEqual([
    '__proto__ SYSTEM api', 'a INVENTORY z', 'a TAGS a', 'a TAGS b', '\uFFFD TAGS api', '😀 IDENTITY api',
  ]); // prettier-ignore
  expect(rows[0]).toMatchObject({ value: [], type: 'STRING_ARRAY', description: null });
  expect(rows[2]).toMatchObject({ value: 4, updatedAt: new Date(5) });
  expect(rows[3]!.description).toBe('about');
  expect(rows.map(({ type }) => type).slice(1)).toEqual(['NUMBER', 'NUMBER', 'NUMBER', 'NUMBER', 'NUMBER']);
  expect(none).toEqual([]);
  expect(others.map(({ source, value }) => `${source} ${String(value)}`)).toEqual(['z x', 'a 9']);
  await expect(read({ 9: [1, 0] })).rejects.toThrow('unknown attribute key 9');
});

test('an empty array is stored as a type of its own', () => {
  expect([[], [''], [0], '', 0, false].map(storedTypeOf)).toEqual([
    'EMPTY_ARRAY', 'STRING_ARRAY', 'NUMBER_ARRAY', 'STRING', 'NUMBER', 'BOOLEAN',
  ]); // prettier-ignore
});

test('nothing to write makes no statement', () => {
  expect(writePostings('1', [])).toEqual([]);
});
