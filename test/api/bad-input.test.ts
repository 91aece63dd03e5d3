/**
 * Bad input by name. Each is sent as a literal in the document and as a variable: it must be refused with its code, the
 * path of what is wrong, the status that GraphQL over HTTP gives it, and the request's id; and nothing may be written.
 */
import { post, send, type GraphqlAnswer } from '../support/graphql-client.js';
import { refusalOf, startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
  project = await server.createProject();
  await project.ask(`mutation { createCohort(input: {name: "Beta"}) { created }
    a: createDevice(input: {deviceSerial: "a", group: "lab", attributes: [{name: "os", value: "linux"}, {name: "ports", value: [80]}]}) { created }
    b: createDevice(input: {deviceSerial: "b"}) { created } c: createDevice(input: {deviceSerial: "c"}) { created } }`);
});
afterAll(() => server?.stop());

let before: Record<string, unknown>;
beforeEach(async () => {
  before = await server.dump();
});
afterEach(async () => {
  expect(await server.dump()).toEqual(before);
});

/** Written as it is, in documents and in JSON: numbers that JavaScript cannot hold, and names of enum values. */
class Raw {
  readonly text: string;
  readonly json: string;
  constructor(text: string, json = text) {
    this.text = text;
    this.json = json;
  }
}
const enumValue = (name: string) => new Raw(name, JSON.stringify(name));

function toJson(value: unknown): string {
  if (value instanceof Raw) return value.json;
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`)
    .join(',')}}`;
}

function toLiteral(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(toLiteral).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${name}:${toLiteral(member)}`)
    .join(',')}}`;
}

/** An argument of a root field. */
interface Target {
  readonly kind: 'query' | 'mutation';
  readonly argument: string;
  readonly type: string;
  readonly call: (value: string) => string;
}

const target = (kind: Target['kind'], argument: string, type: string, call: Target['call']): Target => ({
  kind,
  argument,
  type,
  call,
});
const mutation = (name: string, type: string, selection: string) =>
  target('mutation', 'input', `${type}!`, (value) => `${name}(input: ${value}) { ${selection} }`);

const FILTER = target('query', 'filter', 'DeviceFilter', (value) => `devices(filter: ${value}) { totalCount }`);
const NESTED = target(
  'query',
  'filter',
  'DeviceFilter',
  (value) => `cohorts { nodes { devices(filter: ${value}) { totalCount } } }`,
);
const COHORT_NAME = target('query', 'name', 'StringFilter', (value) => `cohorts(name: ${value}) { totalCount }`);
const ORDER = target('query', 'orderBy', '[DeviceOrder!]', (value) => `devices(orderBy: ${value}) { totalCount }`);
const FIRST = target('query', 'first', 'Int', (value) => `devices(first: ${value}) { totalCount }`);
const LAST = target('query', 'last', 'Int', (value) => `devices(last: ${value}) { totalCount }`);
const OFFSET = target('query', 'offset', 'Int', (value) => `devices(offset: ${value}) { totalCount }`);
const AFTER = target('query', 'after', 'String', (value) => `devices(after: ${value}) { totalCount }`);
const SERIAL = target('query', 'deviceSerial', 'String', (value) => `device(deviceSerial: ${value}) { id }`);
const CREATE = mutation('createDevice', 'CreateDeviceInput', 'created');
const UPDATE = mutation('updateDevice', 'UpdateDeviceInput', 'device { id }');
const SET = mutation('setDeviceAttributes', 'SetDeviceAttributesInput', 'device { id }');
const REPORT = mutation('reportAttributes', 'ReportAttributesInput', 'updatedCount');
const MOVE = mutation('moveDevicesToCohort', 'MoveDevicesToCohortInput', 'changedCount');
const TO_GROUP = mutation('moveDevicesToGroup', 'MoveDevicesToGroupInput', 'changedCount');
const DELETE = mutation('deleteDevices', 'DeleteDevicesInput', 'changedCount');
const GROUP = mutation('createGroup', 'CreateGroupInput', 'created');

/** What a refusal says: its status, code and path. */
type Expected = readonly [status: number, code: string, field: string];

const refused = (field: string): Expected => [200, 'BAD_USER_INPUT', field];
const tooMuch = (field: string): Expected => [200, 'LIMIT_EXCEEDED', field];
/** Of a variable that does not fit its type, which is found before anything is executed. */
const unfit = (field: string): Expected => [400, 'BAD_USER_INPUT', field];
/** The same of a literal. */
const invalid = (field: string): Expected => [400, 'GRAPHQL_VALIDATION_FAILED', field];

/** As a literal and as a variable; one expectation if they are refused alike. */
type Case = readonly [what: string, target: Target, value: unknown, literal: Expected, variable?: Expected];

const mistyped = (field: string): [Expected, Expected] => [invalid(field), unfit(field)];
const device = (rest: object) => ({ deviceSerial: 'new', ...rest });
const written = (value: unknown) => ({
  deviceSerial: 'a',
  attributes: [
    { name: 'x', value: 1 },
    { name: 'y', value },
  ],
});
const tested = (test: object) => ({ attributes: [{ name: 'os', ...test }] });
const nested = (depth: number): object => (depth === 1 ? { testMode: true } : { not: nested(depth - 1) });

const CASES: readonly Case[] = [
  ['an unknown field of a filter', FILTER, { serial: { eq: 'a' } }, ...mistyped('filter.serial')],
  [
    'an unknown field deep in a filter',
    FILTER,
    { and: [{ testMode: true }, { or: [{ colour: 'red' }] }] },
    ...mistyped('filter.and[1].or[0].colour'),
  ],
  ['an unknown operator', FILTER, tested({ like: '%' }), ...mistyped('filter.attributes[0].like')],
  ['an unknown operator of a text', FILTER, { deviceSerial: { regex: '.' } }, ...mistyped('filter.deviceSerial.regex')],
  [
    'the name of an inherited property as an operator',
    FILTER,
    { deviceSerial: { constructor: 'a' } },
    ...mistyped('filter.deviceSerial.constructor'),
  ],
  ['an unknown field of an input', CREATE, device({ colour: 'red' }), ...mistyped('input.colour')],
  ['an unknown enum value', FILTER, { state: [enumValue('BROKEN')] }, ...mistyped('filter.state[0]')],

  ['an empty filter', FILTER, {}, refused('filter')],
  ['an empty filter below cohorts', NESTED, {}, refused('filter')],
  ['an empty filter in a list', FILTER, { or: [{ testMode: true }, {}] }, refused('filter.or[1]')],
  ['an empty filter under not', FILTER, { not: {} }, refused('filter.not')],
  ['a text filter without an operator', FILTER, { group: {} }, refused('filter.group')],
  ['a text filter with ignoreCase alone', FILTER, { group: { ignoreCase: true } }, refused('filter.group')],
  ['a time filter without an operator', FILTER, { lastSeen: {} }, refused('filter.lastSeen')],
  ['an attribute filter without an operator', FILTER, tested({}), refused('filter.attributes[0]')],
  ['an empty filter of a list of cohorts', COHORT_NAME, {}, refused('name')],
  ['an empty filter in a selector', DELETE, { devices: { filter: {} } }, refused('input.devices.filter')],

  ['null for a filter', FILTER, null, refused('filter')],
  ['null for a filter below cohorts', NESTED, null, refused('filter')],
  ['null in a filter', FILTER, { testMode: null }, refused('filter.testMode')],
  ['null for an operand', FILTER, tested({ eq: null }), refused('filter.attributes[0].eq')],
  ['null deep in a filter', FILTER, { not: { and: [{ group: { eq: null } }] } }, refused('filter.not.and[0].group.eq')],
  ['null for a list of filters', FILTER, { and: null }, refused('filter.and')],
  ['null for a filter of a list of cohorts', COHORT_NAME, null, refused('name')],
  ['null in a list of filters', FILTER, { and: [null] }, ...mistyped('filter.and[0]')],
  ['null in a list of operands', FILTER, tested({ in: ['a', null] }), ...mistyped('filter.attributes[0].in[1]')],

  ['a selector that means everything', DELETE, { devices: { filter: { and: [] } } }, refused('input.devices.filter')],
  [
    'one that means everything by negation',
    MOVE,
    { devices: { filter: { not: { or: [] } } }, cohort: 'beta' },
    refused('input.devices.filter'),
  ],
  [
    'one that excludes nothing',
    TO_GROUP,
    { devices: { filter: tested({ notIn: [] }) }, group: 'new' },
    refused('input.devices.filter'),
  ],
  ['a selector that says nothing', DELETE, { devices: {} }, refused('input.devices')],
  [
    'a selector that says two things',
    DELETE,
    { devices: { all: true, deviceSerials: ['a'] } },
    refused('input.devices'),
  ],
  ['a selector of an empty list', DELETE, { devices: { deviceSerials: [] } }, refused('input.devices.deviceSerials')],
  ['a selector of all: false', DELETE, { devices: { all: false } }, refused('input.devices.all')],
  ['a selector of null', DELETE, { devices: { filter: null } }, refused('input.devices.filter')],
  ['no selector', DELETE, {}, invalid('input'), unfit('input.devices')],
  ['a group that is left out', TO_GROUP, { devices: { deviceSerials: ['a'] } }, refused('input.group')],

  ['a number for a text', FILTER, { deviceSerial: { eq: 5 } }, ...mistyped('filter.deviceSerial.eq')],
  ['a text for a boolean', FILTER, { testMode: 'yes' }, ...mistyped('filter.testMode')],
  ['a text for an object', FILTER, { deviceSerial: 'a' }, ...mistyped('filter.deviceSerial')],
  ['a text that is no time', FILTER, { lastSeen: { since: 'yesterday' } }, ...mistyped('filter.lastSeen.since')],
  [
    'a duration of no fixed length',
    FILTER,
    { lastSeen: { withinLast: 'P1M' } },
    ...mistyped('filter.lastSeen.withinLast'),
  ],
  ['an object for an attribute value', FILTER, tested({ eq: { a: 1 } }), refused('filter.attributes[0].eq')],
  ['a boolean to compare with', FILTER, tested({ gt: true }), refused('filter.attributes[0].gt')],
  ['an array to compare with', FILTER, tested({ gte: ['a'] }), refused('filter.attributes[0].gte')],
  ['an array in hasAll', FILTER, tested({ hasAll: [['a']] }), refused('filter.attributes[0].hasAll[0]')],
  [
    'a text for a number of affected devices',
    DELETE,
    { devices: { all: true }, maxAffected: 'all' },
    ...mistyped('input.maxAffected'),
  ],
  ['a text for a page size', FIRST, '10', ...mistyped('first')],
  ['a fraction for a page size', FIRST, 1.5, ...mistyped('first')],
  ['a page size beyond an integer', FIRST, 2 ** 31, ...mistyped('first')],
  ['a bad regular expression', FILTER, tested({ matches: '(' }), refused('filter.attributes[0].matches')],
  [
    'a regular expression with embedded options',
    FILTER,
    { group: { matches: '(?i)a' } },
    refused('filter.group.matches'),
  ],
  ['a regular expression in another dialect', FILTER, { group: { matches: '***=a' } }, refused('filter.group.matches')],
  ['an id that is none', FILTER, { ids: ['garbage'] }, refused('filter.ids[0]')],

  ['a mixed array', SET, written([1, 'x']), refused('input.attributes[1].value[1]')],
  ['a mixed array in a filter', FILTER, tested({ eq: ['x', 1] }), refused('filter.attributes[0].eq[1]')],
  ['an array of booleans', SET, written([true]), refused('input.attributes[1].value[0]')],
  ['an array in an array', SET, written([['x']]), refused('input.attributes[1].value[0]')],
  ['null in an array', SET, written(['x', null]), refused('input.attributes[1].value[1]')],
  ['an object as a value', SET, written({ a: 1 }), refused('input.attributes[1].value')],
  ['null as a value', SET, written(null), ...mistyped('input.attributes[1].value')],
  [
    'a mixed array in a report',
    REPORT,
    { reports: [{ deviceSerial: 'b', attributes: [] }, written([1, 'x'])] },
    refused('input.reports[1].attributes[1].value[1]'),
  ],
  [
    'a mixed array for many',
    mutation('setAttributesOfDevices', 'SetAttributesOfDevicesInput', 'changedCount'),
    { devices: { all: true }, attributes: [{ name: 'x', value: ['a', 1] }] },
    refused('input.attributes[0].value[1]'),
  ],

  ['NUL in a serial', CREATE, { deviceSerial: 'a\0' }, refused('input.deviceSerial')],
  [
    'NUL in an attribute name',
    SET,
    { deviceSerial: 'a', attributes: [{ name: '\0', value: 1 }] },
    refused('input.attributes[0].name'),
  ],
  ['NUL in a value', SET, written('a\0b'), refused('input.attributes[1].value')],
  ['NUL in an element', SET, written(['a', '\0']), refused('input.attributes[1].value[1]')],
  ['NUL in an own field', UPDATE, { deviceSerial: 'a', ownerRef: '\0' }, refused('input.ownerRef')],
  ['NUL in a group name', GROUP, { name: '\0' }, refused('input.name')],
  ['NUL in a filter', FILTER, { group: { contains: '\0' } }, refused('filter.group.contains')],
  ['NUL in an operand', FILTER, tested({ in: ['a', '\0'] }), refused('filter.attributes[0].in[1]')],
  ['NUL in a name to sort by', ORDER, [{ attribute: { name: '\0' } }], refused('orderBy[0].attribute.name')],
  ['NUL in a key', SERIAL, '\0', refused('deviceSerial')],

  ['a number beyond double', SET, written(new Raw('1e999')), refused('input.attributes[1].value')],
  ['an integer that would be rounded', SET, written(new Raw('9007199254740993')), refused('input.attributes[1].value')],
  ['an integer below -2^53', SET, written([1, new Raw('-9007199254740993')]), refused('input.attributes[1].value[1]')],
  [
    'an integer of a thousand digits',
    FILTER,
    tested({ eq: new Raw('9'.repeat(1000)) }),
    refused('filter.attributes[0].eq'),
  ],
  [
    'a number beyond double to compare with',
    FILTER,
    tested({ lt: new Raw('-1e400') }),
    refused('filter.attributes[0].lt'),
  ],

  ['a page size of -1', FIRST, -1, refused('first')],
  ['a page size of 501', FIRST, 501, refused('first')],
  ['a last page size of -1', LAST, -1, refused('last')],
  ['a last page size of 501', LAST, 501, refused('last')],
  ['an offset of -1', OFFSET, -1, refused('offset')],
  ['an offset of 10,001', OFFSET, 10_001, refused('offset')],
  [
    'both first and last',
    target('query', 'last', 'Int', (value) => `devices(first: 1, last: ${value}) { totalCount }`),
    1,
    refused('last'),
  ],
  ['a garbage cursor', AFTER, 'garbage', refused('after')],
  ['an empty cursor', AFTER, '', refused('after')],
  ['a cursor that is JSON of another kind', AFTER, Buffer.from('{"a":[]}').toString('base64url'), refused('after')],

  [
    'duplicate names in one write',
    SET,
    {
      deviceSerial: 'a',
      attributes: [
        { name: 'x', value: 1 },
        { name: 'x', value: 1 },
      ],
    },
    refused('input.attributes[1].name'),
  ],
  [
    'duplicate names of a new device',
    CREATE,
    device({
      attributes: [
        { name: 'x', value: 1 },
        { name: 'x', value: 2 },
      ],
    }),
    refused('input.attributes[1].name'),
  ],
  [
    'duplicate serials in a report',
    REPORT,
    {
      reports: [
        { deviceSerial: 'a', attributes: [] },
        { deviceSerial: 'a', attributes: [] },
      ],
    },
    refused('input.reports[1].deviceSerial'),
  ],
  [
    '1,001 attributes',
    SET,
    { deviceSerial: 'a', attributes: Array.from({ length: 1001 }, (_, index) => ({ name: `n${index}`, value: 1 })) },
    tooMuch('input.attributes'),
  ],
  [
    '1,001 attributes of a new device',
    CREATE,
    device({ attributes: Array.from({ length: 1001 }, (_, index) => ({ name: `n${index}`, value: 1 })) }),
    tooMuch('input.attributes'),
  ],
  [
    '1,001 operands',
    FILTER,
    tested({ in: Array.from({ length: 1001 }, (_, index) => index) }),
    tooMuch('filter.attributes[0].in'),
  ],
  ['101 operators', FILTER, { or: Array.from({ length: 101 }, () => ({ group: { eq: 'x' } })) }, tooMuch('filter')],
  ['a filter of 11 levels', FILTER, nested(11), tooMuch(`filter${'.not'.repeat(10)}`)],
  [
    'a regular expression of 201 characters',
    FILTER,
    { group: { matches: 'x'.repeat(201) } },
    tooMuch('filter.group.matches'),
  ],

  [
    'an unknown cohort for a device',
    CREATE,
    device({ cohort: 'nowhere', group: 'new' }),
    [200, 'NOT_FOUND', 'input.cohort'],
  ],
  [
    'an unknown cohort for many',
    MOVE,
    { devices: { all: true }, cohort: 'nowhere' },
    [200, 'NOT_FOUND', 'input.cohort'],
  ],
  ['a cohort that cannot be', UPDATE, { deviceSerial: 'a', cohort: 'No Slug' }, refused('input.cohort')],
  ['an unknown device', UPDATE, { deviceSerial: 'no' }, [200, 'NOT_FOUND', 'input.deviceSerial']],
  ['a missing field of an input', UPDATE, { ownerRef: 'x' }, invalid('input'), unfit('input.deviceSerial')],
];

/** With all members given, since Jest takes a missing last one for a test that waits to be told of its end. */
const ROWS = CASES.map(([what, { kind, argument, type, call }, value, literal, variable = literal]) => ({
  what,
  kind,
  argument,
  type,
  call,
  value,
  literal,
  variable,
}));

function outcome(answer: GraphqlAnswer): Expected & { readonly length: 3 } {
  const { status, code, field } = refusalOf(answer);
  return [status, code, field ?? 'no field'];
}

describe('as a literal', () => {
  it.each(ROWS)('$what is refused', async ({ kind, call, value, literal }) => {
    const query = `${kind} { ${call(toLiteral(value))} }`;
    expect(outcome(await project.graphql(query))).toEqual(literal);
  });

  it('a lone surrogate does not make a document', async () => {
    const answer = await project.graphql('mutation { createGroup(input: {name: "\\ud800"}) { created } }');
    expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'GRAPHQL_PARSE_FAILED' });
  });

  it('an integer that would be rounded is refused in the place where it stands', async () => {
    const query =
      'query ($x: AttributeValue!) { devices(filter: {attributes: [{name: "a", in: [$x, 9007199254740993]}]}) { totalCount } }';
    expect(await project.refusal(query, { x: 1 })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'filter.attributes[0].in[1]',
    });
  });
});

describe('as a variable', () => {
  it.each(ROWS)('$what is refused', async ({ kind, argument, type, call, value, variable }) => {
    const query = `${kind} ($${argument}: ${type}) { ${call(`$${argument}`)} }`;
    const body = `{"query": ${JSON.stringify(query)}, "variables": {"${argument}": ${toJson(value)}}}`;
    expect(outcome(await post(server.endpoint, project.key, body))).toEqual(variable);
  });

  it.each<[string, Target, unknown, string]>([
    ['a serial', CREATE, { deviceSerial: 'a\uD800' }, 'input.deviceSerial'],
    [
      'an attribute name',
      SET,
      { deviceSerial: 'a', attributes: [{ name: '\uDC00', value: 1 }] },
      'input.attributes[0].name',
    ],
    ['a value', SET, written('\uD800x'), 'input.attributes[1].value'],
    ['an element', SET, written(['x', '\uDFFF\uD800']), 'input.attributes[1].value[1]'],
    ['a filter', FILTER, { group: { contains: '\uD800' } }, 'filter.group.contains'],
    ['an operand', FILTER, tested({ eq: '\uD800' }), 'filter.attributes[0].eq'],
    ['a regular expression', FILTER, tested({ matches: '\uD800' }), 'filter.attributes[0].matches'],
    ['a key', SERIAL, '\uD800', 'deviceSerial'],
    ['a cursor', AFTER, '\uD800', 'after'],
  ])('a lone surrogate in %s is refused', async (_where, { kind, argument, type, call }, value, field) => {
    const query = `${kind} ($${argument}: ${type}) { ${call(`$${argument}`)} }`;
    expect(outcome(await project.graphql(query, { [argument]: value }))).toEqual(refused(field));
  });
});

describe('a variable of a filter or selector that is left out', () => {
  it.each<[string, string, string]>([
    ['as the whole filter', 'query ($x: DeviceFilter) { devices(filter: $x) { totalCount } }', 'x'],
    ['inside a filter', 'query ($x: Boolean) { devices(filter: {testMode: $x, hasGroup: true}) { totalCount } }', 'x'],
    [
      'in a list',
      'query ($x: DeviceFilter!, $y: StringFilter) { devices(filter: {and: [$x, {group: $y}]}) { totalCount } }',
      'y',
    ],
    [
      'as an operand',
      'query ($x: AttributeValue) { devices(filter: {attributes: [{name: "os", eq: $x}]}) { totalCount } }',
      'x',
    ],
    [
      'in a list of operands',
      'query ($x: AttributeValue!) { devices(filter: {attributes: [{name: "os", in: ["a", $x]}]}) { totalCount } }',
      'x',
    ],
    [
      'below cohorts',
      'query ($x: Boolean) { cohorts { nodes { devices(filter: {testMode: $x, hasGroup: true}) { totalCount } } } }',
      'x',
    ],
    [
      'in a fragment',
      'query ($x: String) { cohorts { nodes { ...F } } } fragment F on Cohort { devices(filter: {group: {eq: $x, exists: true}}) { totalCount } }',
      'x',
    ],
    ['of a list of cohorts', 'query ($x: String) { cohorts(name: {eq: $x, contains: "e"}) { totalCount } }', 'x'],
    [
      'in a selector',
      'mutation ($x: [String!]) { deleteDevices(input: {devices: {deviceSerials: $x, all: true}}) { changedCount } }',
      'x',
    ],
    [
      'in a filter of a selector',
      'mutation ($x: String) { deleteDevices(input: {devices: {filter: {group: {eq: $x}, testMode: false}}}) { changedCount } }',
      'x',
    ],
    [
      'for dryRun',
      'mutation ($x: Boolean) { deleteDevices(input: {devices: {all: true}, dryRun: $x}) { changedCount } }',
      'x',
    ],
    [
      'for maxAffected',
      'mutation ($x: Int) { deleteDevices(input: {devices: {all: true}, maxAffected: $x}) { changedCount } }',
      'x',
    ],
  ])('is refused %s', async (_where, query, field) => {
    const variables = query.includes('$x: DeviceFilter!') ? { x: { testMode: true } } : {};
    const { code, ...refusal } = await project.refusal(query, variables);
    // A nullable variable where none may be null does not even validate.
    expect([refusal.status, code, refusal.field]).toEqual([
      400,
      code === 'GRAPHQL_VALIDATION_FAILED' ? code : 'BAD_USER_INPUT',
      field,
    ]);
    expect(refusal.message).toContain(field);
  });
});

describe('a cursor of another search', () => {
  it.each<[string, string]>([
    ['another filter', 'devices(filter: {testMode: false}, after: $after) { totalCount }'],
    ['another order', 'devices(orderBy: {field: ID, direction: DESC}, after: $after) { totalCount }'],
    ['a parent', 'cohort(slug: "default") { devices(after: $after) { totalCount } }'],
    ['another list', 'groups(after: $after) { totalCount }'],
  ])('is refused: %s', async (_what, call) => {
    const { devices } = await project.ask<{ devices: { pageInfo: { endCursor: string } } }>(
      '{ devices(first: 1) { pageInfo { endCursor } } }',
    );
    const after = devices.pageInfo.endCursor;
    const expected: Expected = [200, 'CURSOR_MISMATCH', 'after'];
    expect(outcome(await project.graphql(`query ($after: String) { ${call} }`, { after }))).toEqual(expected);
    expect(outcome(await project.graphql(`{ ${call.replace('$after', JSON.stringify(after))} }`))).toEqual(expected);
  });
});

describe('a request', () => {
  const MUTATION = 'mutation { createGroup(input: {name: "made"}) { created } }';
  const BODY = JSON.stringify({ query: MUTATION });
  const authorization = () => ({ authorization: `Bearer ${project.key}` });
  const json = { 'content-type': 'application/json' };

  it.each([
    ['is cut off', BODY.slice(0, -1)],
    ['is no JSON', 'query=mutation'],
    ['is empty', ''],
    ['is a list of operations', `[${BODY}]`],
    ['is a text', JSON.stringify(MUTATION)],
    ['has a query that is no text', '{"query": 5}'],
    ['has no query', '{}'],
    ['has variables that are no object', JSON.stringify({ query: MUTATION, variables: 'x' })],
  ])('whose body %s is refused', async (_fault, body) => {
    expect(refusalOf(await post(server.endpoint, project.key, body))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
  });

  it('whose body is over the limit is refused', async () => {
    const body = JSON.stringify({ query: MUTATION, variables: { x: 'x'.repeat(4 * 1024 * 1024) } });
    expect(refusalOf(await post(server.endpoint, project.key, body))).toMatchObject({
      status: 413,
      code: 'LIMIT_EXCEEDED',
    });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
  ])('of content type %s is refused', async (type) => {
    const answer = await post(server.endpoint, project.key, BODY, { 'content-type': type });
    expect([400, 415]).toContain(answer.status);
    expect(refusalOf(answer)).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('of a mutation by GET is refused', async () => {
    const answer = await send(`${server.endpoint}?query=${encodeURIComponent(MUTATION)}`, {
      headers: { ...json, ...authorization() },
    });
    expect(answer.headers.get('allow')).toBe('POST');
    expect(refusalOf(answer)).toMatchObject({ status: 405, code: 'BAD_REQUEST' });
  });

  it.each([
    ['with a syntax error', 'mutation { createGroup(', 'GRAPHQL_PARSE_FAILED'],
    ['with an unknown field', '{ fleet { id } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['with an unknown argument', '{ devices(limit: 5) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['with a variable that is not defined', '{ devices(first: $n) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('whose document comes %s is refused', async (_fault, query, code) => {
    expect(refusalOf(await project.graphql(query))).toMatchObject({ status: 400, code });
  });

  it('that names no operation of several is refused', async () => {
    const answer = await post(
      server.endpoint,
      project.key,
      JSON.stringify({ query: `query A { viewer { role } } ${MUTATION.replace('mutation', 'mutation B')}` }),
    );
    expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'OPERATION_RESOLUTION_FAILURE' });
  });
});
