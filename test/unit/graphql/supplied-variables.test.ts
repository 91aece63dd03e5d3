import { getOperationAST, type GraphQLSchema, parse, validate } from 'graphql';
import { buildFleetSchema } from '../../../src/graphql/schema.js';
import { assertSuppliedVariables, findMissingVariables } from '../../../src/graphql/supplied-variables.js';

let schema: GraphQLSchema;

beforeAll(async () => {
  schema = await buildFleetSchema();
});

/** Missing variables as `name at path`. The document must be valid, or it would never come so far. */
function missing(document: string, variables: Record<string, unknown> = {}, operationName?: string): string[] {
  const parsed = parse(document);
  expect(validate(schema, parsed)).toEqual([]);
  return findMissingVariables(schema, parsed, getOperationAST(parsed, operationName)!, variables).map(
    ({ variable, path }) => `${variable} at ${path}`,
  );
}

describe('a variable that was not supplied', () => {
  test('is missing where it is the whole filter', () => {
    const document = 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }';
    expect(missing(document)).toEqual(['filter at filter']);
  });

  test.each([
    ['query ($x: Boolean) { devices(filter: {testMode: $x}) { totalCount } }', 'x at filter.testMode'],
    [
      'query ($x: DeviceFilter!) { devices(filter: {and: [{testMode: true}, $x]}) { totalCount } }',
      'x at filter.and[1]',
    ],
    ['query ($x: String) { devices(filter: {not: {group: {eq: $x}}}) { totalCount } }', 'x at filter.not.group.eq'],
    [
      'query ($x: AttributeValue) { devices(filter: {attributes: [{name: "a", exists: true, eq: $x}]}) { totalCount } }',
      'x at filter.attributes[0].eq',
    ],
    [
      'query ($x: AttributeScope) { devices(filter: {attributes: [{name: "a", scope: $x, eq: 1}]}) { totalCount } }',
      'x at filter.attributes[0].scope',
    ],
    [
      'query ($x: [DeviceOrder!], $y: [ID!]) { devices(orderBy: $x, filter: {ids: $y}) { totalCount } }',
      'y at filter.ids',
    ],
    [
      'query ($x: Duration) { devices(filter: {lastSeen: {withinLast: $x}}) { totalCount } }',
      'x at filter.lastSeen.withinLast',
    ],
    ['query ($x: StringFilter) { cohorts(name: $x) { totalCount } }', 'x at name'],
    ['query ($x: String) { releases(version: {startsWith: $x}) { totalCount } }', 'x at version.startsWith'],
    [
      'query ($x: Boolean) { cohorts { nodes { devices(filter: {hasGroup: $x}) { totalCount } } } }',
      'x at filter.hasGroup',
    ],
  ])('is missing inside of a filter: %s', (document, expected) => {
    expect(missing(document)).toEqual([expected]);
  });

  test('is missing inside of a list that is the operand of an attribute', () => {
    const document =
      'query ($x: AttributeValue) { devices(filter: {attributes: [{name: "a", eq: ["1", $x]}]}) { totalCount } }';
    expect(missing(document)).toEqual(['x at filter.attributes[0].eq[1]']);
  });

  test.each([
    ['($x: DeviceSelector!)', '{devices: $x}', 'x at input.devices'],
    ['($x: [String!])', '{devices: {deviceSerials: $x}}', 'x at input.devices.deviceSerials'],
    ['($x: Boolean = null)', '{devices: {all: true}, maxAffected: $m}', 'm at input.maxAffected'],
    ['($x: Boolean!)', '{devices: {all: true}, dryRun: $x}', 'x at input.dryRun'],
  ])('is missing in a selector and in what limits a bulk change: %s %s', (definitions, input, expected) => {
    const used = input.includes('$m') ? '($m: Int)' : definitions;
    expect(missing(`mutation ${used} { deleteDevices(input: ${input}) { matchedCount } }`)).toEqual([expected]);
  });

  test('is missing where it is the whole input of a bulk change', () => {
    const document = 'mutation ($input: DeleteDevicesInput!) { deleteDevices(input: $input) { matchedCount } }';
    expect(missing(document)).toEqual(['input at input']);
  });

  test('is found in fragments, those inside of others too, and once for each use', () => {
    const document = `
      query ($x: Boolean) { ...Outer cohort(slug: "a") { ...Inner } }
      fragment Outer on Query { cohorts { nodes { ...Inner } } }
      fragment Inner on Cohort { devices(filter: {testMode: $x}) { totalCount } }`;
    expect(missing(document)).toEqual(['x at filter.testMode']);
  });

  test('is looked for in the operation that is run, not in others of the document', () => {
    const document = `
      query One($x: DeviceFilter) { devices(filter: $x) { totalCount } }
      query Other { viewer { name } }`;
    expect(missing(document, {}, 'Other')).toEqual([]);
    expect(missing(document, {}, 'One')).toEqual(['x at filter']);
  });

  test('is allowed outside of filters, where leaving it out selects nothing more', () => {
    const document = `query ($first: Int, $order: [DeviceOrder!], $names: [String!]) {
      devices(first: $first, orderBy: $order) { nodes { attributes(names: $names) { name } } } }`;
    expect(missing(document)).toEqual([]);
  });

  test('is allowed in changes of one device, where absent means unchanged', () => {
    const document = `mutation ($owner: String) {
      updateDevice(input: {deviceSerial: "a", ownerRef: $owner}) { device { id } } }`;
    expect(missing(document)).toEqual([]);
  });
});

describe('a variable that counts as supplied', () => {
  const document = 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }';

  test('is given, be it null, which the parser of filters refuses by itself', () => {
    expect(missing(document, { filter: { testMode: true } })).toEqual([]);
    expect(missing(document, { filter: null })).toEqual([]);
  });

  test('has a default', () => {
    expect(missing('query ($x: Boolean = true) { devices(filter: {testMode: $x}) { totalCount } }')).toEqual([]);
  });

  test('is the own property of the variables, not an inherited one', () => {
    const inherited = 'query ($constructor: DeviceFilter) { devices(filter: $constructor) { totalCount } }';
    expect(missing(inherited)).toEqual(['constructor at filter']);
    expect(missing(document, Object.create({ filter: {} }) as Record<string, unknown>)).toEqual(['filter at filter']);
  });
});

test('the refusal names the variable and the place', () => {
  const document = parse('query ($isTest: Boolean) { devices(filter: {testMode: $isTest}) { totalCount } }');
  const check = (variables: Record<string, unknown>) =>
    assertSuppliedVariables(schema, document, getOperationAST(document)!, variables);
  expect(() => check({ isTest: true })).not.toThrow();
  expect(() => check({})).toThrow(
    expect.objectContaining({
      code: 'BAD_USER_INPUT',
      field: 'isTest',
      message: expect.stringContaining('filter.testMode') as unknown,
    }),
  );
});
