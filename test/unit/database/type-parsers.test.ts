import { types } from 'pg';
import { getTypeParser } from '../../../src/database/type-parsers.js';

const { TIMESTAMPTZ, INT8 } = types.builtins;
const parse = getTypeParser(TIMESTAMPTZ) as (text: string) => unknown;
const parseOfPg = types.getTypeParser(TIMESTAMPTZ) as (text: string) => unknown;

it.each([
  '2026-11-21 18:05:09+00',
  '2026-11-21 18:05:09.123+00',
  '2026-11-21 18:05:09.1+00',
  '2026-11-21 18:05:09.12+00',
  '2026-11-21 18:05:09.123456+00',
  '2024-02-29 23:59:59.999+00',
  '1970-01-01 00:00:00+00',
  '1000-01-01 00:00:00+00',
  '0999-12-31 23:59:59+00',
  '0001-01-01 00:00:00.001+00',
  '9999-12-31 23:59:59.999+00',
  '10000-01-01 00:00:00+00',
  '0044-03-15 12:00:00+00 BC',
  '2026-11-21 18:05:09+01',
  '2026-11-21 18:05:09.123-03',
  '2026-11-21 18:05:09+05:30',
  'infinity',
  '-infinity',
])('%s is read as pg reads it', (text) => {
  expect(parse(text)).toEqual(parseOfPg(text));
});

it('other types and binary values are left to pg', () => {
  expect(getTypeParser(INT8)).toBe(types.getTypeParser(INT8));
  expect(getTypeParser(TIMESTAMPTZ, 'binary')).toBe(types.getTypeParser(TIMESTAMPTZ, 'binary'));
});
