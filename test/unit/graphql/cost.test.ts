import { getOperationAST, parse, type GraphQLSchema } from 'graphql';
import { costOf } from '../../../src/graphql/cost.js';
import { buildFleetSchema } from '../../../src/graphql/schema.js';

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await buildFleetSchema();
});

const AS_PROMISED = { pageSize: 500, filterTerms: 100 };

function cost(text: string, variables: Record<string, unknown> = {}, limits = AS_PROMISED): number {
  const document = parse(text);
  return costOf(schema, { document, operation: getOperationAST(document)!, variables }, limits);
}

test.each([
  ['an operation', '{ __typename }', 1],
  ['an object', '{ viewer { name } }', 2],
  ['objects in objects', '{ device(deviceSerial: "a") { id cohort { name } group { name } } }', 4],
  ['a page and its nodes', '{ devices(first: 7) { nodes { id } } }', 1 + 5 + 7],
  ['the same by edges', '{ devices(first: 7) { edges { cursor node { id } } } }', 1 + 5 + 7],
  ['the same backwards', '{ devices(last: 7) { nodes { id } } }', 1 + 5 + 7],
  ['a page without a size', '{ devices { nodes { id } } }', 1 + 5 + 50],
  ['what stands beside the page once', '{ devices(first: 7) { pageInfo { hasNextPage } } }', 1 + 5 + 1],
  ['a total', '{ devices { totalCount } }', 1 + 5 + 10],
  [
    'a facet and its buckets',
    '{ devices { facet(by: {field: GROUP}, first: 3) { otherCount buckets { count } } } }',
    1 + 5 + 50 + 1 + 10,
  ],
  [
    'statistics and their percentiles',
    '{ devices { statistics(attribute: {name: "t"}) { mean } } }',
    1 + 5 + 50 + 3 + 1,
  ],
  [
    'pages in pages',
    '{ cohorts(first: 20) { nodes { devices(first: 5) { totalCount nodes { id } } } } }',
    1 + 5 + 20 * (1 + 5 + 10 + 5),
  ],
  ['lists of a size', '{ device(deviceSerial: "a") { events(first: 30) { at } } }', 1 + 1 + 30],
  ['lists by names', '{ device(deviceSerial: "a") { attributes(names: ["x", "y", "z"]) { value } } }', 1 + 1 + 3 + 3],
  ['lists without a size', '{ device(deviceSerial: "a") { attributes { value } } }', 1 + 1 + 10],
  ['each id', '{ nodes(ids: ["a", "b"]) { id } }', 1 + 2 + 2],
  [
    'each term of a filter',
    `{ devices(first: 0, filter: {testMode: false, or: [{group: {eq: "a", ignoreCase: true}}, {not: {state: [ACTIVE, DISABLED]}}],
       attributes: [{name: "x", scope: TAGS, gt: 1, lt: 2}, {name: "y", in: [1, 2, 3]}]}) { nodes { id } } }`,
    1 + 5 + 6,
  ],
  ['a change', 'mutation { createGroup(input: {name: "a"}) { created } }', 1 + 10 + 1],
  [
    'a change of listed devices',
    'mutation { moveDevicesToGroup(input: {devices: {deviceSerials: ["a", "b"]}, group: "g"}) { changedCount } }',
    1 + 10 + 100 + 2 + 1,
  ],
  ['introspection, once', '{ __schema { types { fields { args { type { name } } } } } }', 1 + 100],
  [
    'fragments where they are spread',
    '{ viewer { ...v } again: viewer { ...v ... on Viewer { project { id } } } } fragment v on Viewer { project { id } }',
    1 + 2 + 3,
  ],
])('%s costs what the table says', (_what, text, points) => {
  expect(cost(text)).toBe(points);
});

test('variables cost what they hold, and their defaults where they are absent', () => {
  const text = 'query ($n: Int = 20, $f: DeviceFilter) { devices(first: $n, filter: $f) { nodes { id } } }';
  expect(cost(text)).toBe(1 + 5 + 20);
  expect(cost(text, { n: 100 })).toBe(1 + 5 + 100);
  expect(cost(text, { n: null, f: { and: [{ testMode: true }, { hasGroup: true }] } })).toBe(1 + 5 + 50 + 2);
  const report = 'mutation ($i: ReportAttributesInput!) { reportAttributes(input: $i) { updatedCount } }';
  const reports = Array.from({ length: 2_000 }, () => ({ deviceSerial: 'a', attributes: [] }));
  expect(cost(report, { i: { reports } })).toBe(1 + 10 + 2_000 + 1);
});

test.each([
  ['a size', '$first: Int', 'devices(first: $first) { nodes { id } }', [{ first: 3 }, { first: 4 }], [9, 10]],
  ['a size from the end', '$last: Int', 'devices(last: $last) { nodes { id } }', [{ last: 3 }, { last: 4 }], [9, 10]],
  ['a list', '$ids: [ID!]!', 'nodes(ids: $ids) { id }', [{ ids: ['a'] }, { ids: ['a', 'b'] }], [3, 5]],
  ['a part of a filter', '$x: DeviceFilter', 'devices(first: 0, filter: {and: [$x]}) { totalCount }',
    [{ x: { testMode: true } }, { x: { testMode: true, hasGroup: true } }], [17, 18]],
  ['what costs nothing', '$id: ID, $after: String', 'device(id: $id) { id } devices(first: 1, after: $after) { nodes { id } }',
    [{ id: 'a' }, { id: 'b', after: 'c' }], [8, 8]],
])('an operation that is asked again with other variables costs what they hold: %s', (_what, definition, fields, variables, expected) => {
  const document = parse(`query (${definition}) { ${fields} }`);
  const operation = getOperationAST(document)!;
  const costs = variables.map((given) => costOf(schema, { document, operation, variables: given }, AS_PROMISED));
  expect(costs).toEqual(expected);
}); // prettier-ignore

test('names of inherited properties are variables like others, and are no values when absent', () => {
  const text =
    'query ($constructor: Int, $__proto__: Int) { devices(first: $constructor, last: $__proto__) { nodes { id } } }';
  expect(cost(text)).toBe(1 + 5 + 50);
  expect(cost(text, JSON.parse('{"__proto__": 8}') as Record<string, unknown>)).toBe(1 + 5 + 8);
});

test('sizes out of range count as the nearest in range', () => {
  expect(cost('{ devices(first: 100000) { nodes { id } } }')).toBe(1 + 5 + 500);
  expect(cost('{ devices(first: -5) { nodes { id } } }')).toBe(1 + 5);
});

test('a page over a lower limit is refused by its name', () => {
  const limits = { ...AS_PROMISED, pageSize: 60 };
  expect(cost('{ devices(first: 60) { nodes { id } } }', {}, limits)).toBe(1 + 5 + 60);
  const fault = expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'last' }) as Error;
  expect(() => cost('{ devices(last: 61) { nodes { id } } }', {}, limits)).toThrow(fault);
});

test('a filter over a lower limit is refused by its place', () => {
  const limits = { ...AS_PROMISED, filterTerms: 2 };
  const filter = (terms: number) => `{and: [${'{testMode: true}'.repeat(terms)}]}`;
  expect(cost(`{ devices(filter: ${filter(2)}) { nodes { id } } }`, {}, limits)).toBe(1 + 5 + 50 + 2);
  const change = `mutation { deleteDevices(input: {devices: {filter: ${filter(3)}}}) { changedCount } }`;
  const fault = expect.objectContaining({ code: 'LIMIT_EXCEEDED', field: 'input.devices.filter' }) as Error;
  expect(() => cost(change, {}, limits)).toThrow(fault);
});
