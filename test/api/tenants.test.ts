/**
 * What a credential of one project learns of another: nothing. Every argument of the schema that can name something is
 * given what another project has, and then what nobody has: the answers are the same, and the other project is as it was.
 * The arguments are taken from the schema, so that a new one without a case fails.
 */
import { randomUUID } from 'node:crypto';
import {
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { Client } from 'pg';
import { buildFleetSchema } from '../../src/graphql/schema.js';
import { NODE_TYPES, toGlobalId } from '../../src/model/global-id.js';
import { bindingOf } from '../support/bound-to-project.js';
import { deviceClient, type DeviceCredentials, issueCredentials, requestToken } from '../support/device-client.js';
import { post } from '../support/graphql-client.js';
import { byCodePoint } from '../support/matches.js';
import { clientOf, startServer, type TestClient, type TestProject, type TestServer } from '../support/server.js';

/** Theirs and nobody's texts differ in one letter: what is near to the one is as near to the other. */
const THEIRS = 'zzzq';
const NOBODYS = 'zzzk';
const OURS = 'ours';
const NO_ID = '999999999';

let server: TestServer;
let schema: GraphQLSchema;
let theirs: Tenant;
let ours: Tenant;
/** Of every statement that an operation of ours sent, with its name. */
const texts = new Map<string, string>();
const sent: { name: string; text: string; values: readonly unknown[] }[] = [];

interface Tenant {
  readonly project: TestProject;
  readonly credentials: DeviceCredentials;
  /** Ids of one object of each type; `uuid` is the device's. */
  readonly ids: Readonly<Record<string, string>>;
}

beforeAll(async () => {
  schema = await buildFleetSchema();
  server = await startServer({
    FLEETGRAPH_RATE_POINTS_PER_SECOND: '0',
    FLEETGRAPH_MAX_COST: '1000000000',
    FLEETGRAPH_AUDIT_REPORTS: 'all',
  });
  theirs = await createTenant(THEIRS);
  ours = await createTenant(OURS);
  const { query } = Client.prototype as unknown as { query: (...parts: unknown[]) => unknown };
  jest.spyOn(Client.prototype as unknown as { query: typeof query }, 'query').mockImplementation(function (
    this: unknown,
    ...parts: unknown[]
  ) {
    const { text = '', values = [] } = parts[0] as { text?: string; values?: unknown[] };
    const [, name] = /^\/\* (\S+) \*\/ /.exec(text) ?? [];
    if (name !== undefined) sent.push({ name, text, values });
    return query.apply(this, parts);
  });
}, 60_000);
afterAll(async () => {
  jest.restoreAllMocks();
  await server?.stop();
});

// ---------------------------------------------------------------- two projects

/** One thing of every kind, all texts of which begin with `prefix`. Said again, it brings back what was deleted or moved. */
const FILL = (prefix: string) => `
  createCohort(input: {name: "${prefix}-cohort", slug: "${prefix}-slug", ifExists: UPDATE}) { cohort { id } }
  createDevice(input: {deviceSerial: "${prefix}-serial", ifExists: UPDATE, cohort: "${prefix}-slug", group: "${prefix}-group",
    ownerRef: "${prefix}-owner", hardwareVersion: "${prefix}-hardware", manufacturer: "${prefix}-manufacturer",
    deviceCode: "${prefix}-code", lastSeenRelease: {version: "${prefix}-version", revision: "${prefix}-revision"},
    attributes: [{name: "${prefix}-attribute", value: "${prefix}-value", description: "${prefix}-description"},
      {name: "${prefix}-foreign", value: ["${prefix}-value"], scope: TAGS}]}) { device { id } }`;

async function createTenant(prefix: string): Promise<Tenant> {
  const project = await server.createProject();
  const { createApiKey } = await project.ask<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
    `mutation { createApiKey(input: {name: "${prefix}-key", role: ADMIN}) { secret apiKey { id } } }`,
  );
  // So that the name of who made all this begins like the rest.
  const named = { ...project, ...clientOf(server.endpoint, createApiKey.secret) };
  await named.ask(`mutation { ${FILL(prefix)}
    deployRelease(input: {cohort: "${prefix}-slug", release: {version: "${prefix}-version", revision: "${prefix}-revision"}}) { deployment { id } }
    recordDeviceEvent(input: {deviceSerial: "${prefix}-serial", kind: TRACE, at: "2026-01-01T00:00:00Z", title: "${prefix}-title",
      url: "https://${prefix}-url.example/"}) { device { id } } }`);
  const credentials = await issueCredentials(named, `${prefix}-serial`);
  // No source but the API writes so far.
  await server.sql('update attribute_key set source = $1 where project_id = $2 and name = $3', [
    `${prefix}-source`,
    project.id,
    `${prefix}-foreign`,
  ]);
  await server.sql(
    `insert into audit_log (project_id, at, principal, role, operation, kind, object_name, request_id)
     values ($1, now(), $2, 'ADMIN', $3, 'Device', $4, 'r')`,
    [project.id, `${prefix}-key`, `${prefix}-operation`, `${prefix}-serial`],
  );
  const { device } = await named.ask<{
    device: Record<string, { id: string } & Record<string, { id: string }>> & { id: string; uuid: string };
  }>(
    `{ device(deviceSerial: "${prefix}-serial") { id uuid cohort { id lastDeployment { id } } group { id } lastSeenRelease { id } } }`,
  );
  return {
    project: named,
    credentials,
    ids: {
      uuid: device.uuid,
      Device: device.id,
      Cohort: device['cohort']!.id,
      Deployment: device['cohort']!['lastDeployment']!.id,
      Group: device['group']!.id,
      Release: device['lastSeenRelease']!.id,
      ApiKey: createApiKey.apiKey.id,
      Project: toGlobalId('Project', project.id),
    },
  };
}

// ---------------------------------------------------------------- what arguments may name

/**
 * What a text or id of the input means: the end of the text that each project has for it, or `id:TYPE`, `uuid`, `cursor`,
 * `url`. By input type and field, or by field and argument.
 */
const MEANINGS: Readonly<Record<string, readonly string[]>> = {
  'Query.node(id:)': NODE_TYPES.map((type) => `id:${type}`),
  'Query.nodes(ids:)': NODE_TYPES.map((type) => `id:${type}`),
  'Query.device(id:)': ['id:Device', 'id:Cohort'],
  'Query.device(uuid:)': ['uuid'],
  'Query.device(deviceSerial:)': ['serial'],
  'Query.cohort(slug:)': ['slug'],
  'Query.group(name:)': ['group'],
  'Query.cohorts(name:)': ['cohort'],
  'Query.cohorts(slug:)': ['slug'],
  'Query.groups(name:)': ['group'],
  'Query.releases(version:)': ['version'],
  'Query.attributeKeys(nameContains:)': ['attribute', 'foreign'],
  ...Object.fromEntries(
    [
      'Query.devices',
      'Query.cohorts',
      'Query.groups',
      'Query.releases',
      'Query.attributeKeys',
      'Cohort.devices',
      'Group.devices',
    ].flatMap((list) => ['after', 'before'].map((name) => [`${list}(${name}:)`, ['cursor']])),
  ),
  'Query.auditLog(after:)': ['cursor'],
  'Device.attribute(name:)': ['attribute', 'foreign'],
  'Device.attribute(source:)': ['source'],
  'Device.attributes(names:)': ['attribute', 'foreign'],
  'Device.attributes(source:)': ['source'],
  'AuditLogFilter.principal': ['key'],
  'AuditLogFilter.operation': ['operation'],
  'AuditLogFilter.object': ['serial', 'id:Device'],
  'DeviceFilter.ids': ['id:Device', 'id:Cohort'],
  'DeviceFilter.deviceSerial': ['serial'],
  'DeviceFilter.ownerRef': ['owner'],
  'DeviceFilter.hardwareVersion': ['hardware'],
  'DeviceFilter.manufacturer': ['manufacturer'],
  'DeviceFilter.deviceCode': ['code'],
  'DeviceFilter.cohort': ['slug'],
  'DeviceFilter.group': ['group'],
  'DeviceFilter.release': ['version'],
  'DeviceSelector.ids': ['id:Device', 'id:Cohort'],
  'DeviceSelector.deviceSerials': ['serial'],
  'AttributeFilter.name': ['attribute', 'foreign'],
  'AttributeFilter.source': ['source'],
  ...Object.fromEntries(
    [
      'eq',
      'ne',
      'in',
      'notIn',
      'gt',
      'gte',
      'lt',
      'lte',
      'contains',
      'startsWith',
      'endsWith',
      'matches',
      'hasAll',
    ].map((operator) => [`AttributeFilter.${operator}`, ['value']]),
  ),
  'AttributeKeyInput.name': ['attribute', 'foreign'],
  'AttributeKeyInput.source': ['source'],
  'AttributeInput.name': ['attribute', 'foreign'],
  'AttributeInput.value': ['value'],
  'AttributeInput.description': ['description'],
  'AttributeReport.deviceSerial': ['serial'],
  'AttributeReport.group': ['group'],
  'ReleaseInput.version': ['version'],
  'ReleaseInput.revision': ['revision'],
  'CreateApiKeyInput.name': ['key'],
  'RevokeApiKeyInput.id': ['id:ApiKey', 'id:Device'],
  'CreateCohortInput.name': ['cohort', 'slug'],
  'CreateCohortInput.slug': ['slug'],
  'UpdateCohortInput.slug': ['slug'],
  'UpdateCohortInput.name': ['cohort'],
  'UpdateCohortInput.newSlug': ['slug'],
  'DeleteCohortInput.slug': ['slug'],
  'CreateGroupInput.name': ['group'],
  'RenameGroupInput.name': ['group'],
  'RenameGroupInput.newName': ['group'],
  'DeleteGroupInput.name': ['group'],
  'DeployReleaseInput.cohort': ['slug'],
  'MoveDevicesToCohortInput.cohort': ['slug'],
  'MoveDevicesToGroupInput.group': ['group'],
  'RecordDeviceEventInput.deviceSerial': ['serial'],
  'RecordDeviceEventInput.title': ['title'],
  'RecordDeviceEventInput.url': ['url'],
  'RemoveDeviceAttributesInput.deviceSerial': ['serial'],
  'RemoveDeviceAttributesInput.names': ['attribute', 'foreign'],
  'RemoveDeviceFromGroupInput.deviceSerial': ['serial'],
  'RemoveDeviceFromGroupInput.group': ['group'],
  'SetDeviceGroupInput.deviceSerial': ['serial'],
  'SetDeviceGroupInput.group': ['group'],
  'SetDeviceAttributesInput.deviceSerial': ['serial'],
  'DeleteDeviceInput.deviceSerial': ['serial'],
  'IssueDeviceCredentialsInput.deviceSerial': ['serial'],
  ...Object.fromEntries(
    ['CreateDeviceInput', 'UpdateDeviceInput'].flatMap((type) =>
      Object.entries({
        deviceSerial: 'serial',
        cohort: 'slug',
        group: 'group',
        ownerRef: 'owner',
        hardwareVersion: 'hardware',
        manufacturer: 'manufacturer',
        deviceCode: 'code',
      })
        .filter(([field]) => type !== 'UpdateDeviceInput' || field !== 'group')
        .map(([field, meaning]) => [`${type}.${field}`, [meaning]]),
    ),
  ),
};

function valueOf(meaning: string, prefix: string, cursor: string): string {
  const [, type] = /^id:(\w+)$/.exec(meaning) ?? [];
  const tenant = { [THEIRS]: theirs, [OURS]: ours }[prefix];
  if (type !== undefined) return tenant?.ids[type] ?? toGlobalId(type as 'Device', NO_ID);
  if (meaning === 'uuid') return tenant?.ids['uuid'] ?? randomUUID();
  if (meaning === 'cursor') return prefix === NOBODYS ? cursorOfNobody(cursor) : cursor;
  return meaning === 'url' ? `https://${prefix}-url.example/` : `${prefix}-${meaning}`;
}

/** The same place in a search that nobody made. */
function cursorOfNobody(cursor: string): string {
  const [version, , ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
  return Buffer.from(JSON.stringify([version, 'AAAAAAAAAAAAAAAA', ...rest])).toString('base64url');
}

/** What is needed beside an input field for it to be looked at; the rest is what the schema requires. */
const BESIDE: Readonly<Record<string, object>> = {
  'AttributeFilter.name': { exists: true },
  'AttributeFilter.source': { name: `${OURS}-foreign`, exists: true },
  'AttributeFilter.hasAll': { name: `${OURS}-foreign` },
  'AttributeKeyInput.source': { name: `${OURS}-foreign` },
  'MoveDevicesToGroupInput.devices': { group: `${OURS}-group` },
  'Device.attribute(source:)': { name: `${OURS}-foreign` },
};
/** What is required, where it is not our own text. */
const REQUIRED: Readonly<Record<string, unknown>> = {
  'CreateApiKeyInput.role': 'READER',
  'RecordDeviceEventInput.at': '2026-01-01T00:00:00Z',
  DeviceSelector: { deviceSerials: [`${OURS}-serial`] },
  FacetKey: { field: 'COHORT' },
};

type InputElement = GraphQLArgument | GraphQLInputField;

/** A text or id of an argument, as deep in it as it may be. */
interface Place {
  /** Names in MEANINGS of all that leads there, the argument first. */
  readonly keys: readonly string[];
  readonly elements: readonly InputElement[];
}

/** Arguments in which a type contains itself lead there once. */
function placesOf(key: string, element: InputElement, before: Place = { keys: [], elements: [] }): Place[] {
  const place = { keys: [...before.keys, key], elements: [...before.elements, element] };
  const type = getNamedType(element.type);
  if (isInputObjectType(type)) {
    if (before.elements.some((one) => getNamedType(one.type) === type)) return [];
    return Object.values(type.getFields()).flatMap((field) => placesOf(`${type.name}.${field.name}`, field, place));
  }
  return ['String', 'ID', 'AttributeValue', 'JSON'].includes(type.name) ? [place] : [];
}

/** The operators of a text mean what the field means that they test. */
function meaningsOf({ keys }: Place): readonly string[] | undefined {
  const own = keys.at(-1)!;
  return MEANINGS[own.startsWith('StringFilter.') ? keys.at(-2)! : own];
}

/** What an element must be given, all that it requires being ours. */
function required(key: string, element: InputElement): unknown {
  const type = getNamedType(element.type);
  const given = REQUIRED[key] ?? REQUIRED[type.name] ?? valueOfType(key, type);
  return isListType(getNullableType(element.type)) && !Array.isArray(given) ? [given] : given;
}

function valueOfType(key: string, type: GraphQLNamedType): unknown {
  if (isInputObjectType(type)) return requiredFields(type.name, Object.values(type.getFields()));
  if (isEnumType(type)) return type.getValues()[0]!.name;
  const [meaning] = MEANINGS[key] ?? [];
  if (meaning === undefined) throw new Error(`${key} has no case`);
  return valueOf(meaning, OURS, '');
}

function requiredFields(typeName: string, fields: readonly GraphQLInputField[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.filter(isRequiredInputField).map((field) => [field.name, required(`${typeName}.${field.name}`, field)]),
  );
}

/** The value of an argument with `value` at the place, and what is required beside. */
function argumentWith({ keys, elements }: Place, value: unknown, depth = 0): unknown {
  const element = elements[depth]!;
  const wrap = (one: unknown) => (isListType(getNullableType(element.type)) ? [one] : one);
  if (depth === elements.length - 1) return wrap(value);
  const type = getNamedType(element.type);
  if (!isInputObjectType(type)) throw new Error(`${type.name} has no fields`);
  const next = elements[depth + 1]!;
  const others = Object.values(type.getFields()).filter(({ name }) => name !== next.name);
  return wrap({
    ...requiredFields(type.name, others),
    ...BESIDE[keys[depth + 1]!],
    [next.name]: argumentWith({ keys, elements }, value, depth + 1),
  });
}

// ---------------------------------------------------------------- fields with arguments

/** The way to an object of ours of which a field is asked. */
const PARENTS: Readonly<Record<string, (field: string) => string>> = {
  Query: (field) => field,
  Mutation: (field) => field,
  Device: (field) => `device(deviceSerial: "${OURS}-serial") { ${field} }`,
  // Both projects have them.
  Cohort: (field) => `cohorts { nodes { ${field} } }`,
  Group: (field) => `groups { nodes { ${field} } }`,
  DeviceConnection: (field) => `devices { ${field} }`,
};

interface Field {
  readonly parent: string;
  readonly name: string;
  readonly args: readonly GraphQLArgument[];
  readonly selection: string;
}

function fieldsWithArguments(): Field[] {
  return Object.values(schema.getTypeMap())
    .filter((type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ args }) => args.some((arg) => placesOf('', arg).length > 0))
        .map(({ name, args, type: answer }) => ({
          parent: type.name,
          name,
          args,
          selection: selectionOf(getNamedType(answer), 3),
        })),
    );
}

/** All that can be asked without arguments, some levels deep. */
function selectionOf(type: GraphQLNamedType, depth: number): string {
  if (isLeafType(type)) return '';
  if (isInterfaceType(type)) {
    const parts = schema.getPossibleTypes(type).map((one) => `... on ${one.name} ${selectionOf(one, depth - 2)}`);
    return `{ __typename ${parts.join(' ')} }`;
  }
  const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
  const parts = fields
    .filter(({ args }) => !args.some(isRequiredArgument))
    .flatMap(({ name, type: answer }) => {
      const inner = getNamedType(answer);
      if (isLeafType(inner)) return [name];
      return depth > 0 ? [`${name} ${selectionOf(inner, depth - 1)}`] : [];
    });
  return `{ __typename ${parts.join(' ')} }`;
}

function documentOf(field: Field, given: Readonly<Record<string, unknown>>, selection = field.selection): string {
  const args = field.args.filter(({ name }) => Object.hasOwn(given, name));
  const declared = args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const used = args.map(({ name }) => `${name}: $${name}`).join(', ');
  const kind = field.parent === 'Mutation' ? 'mutation' : 'query';
  return `${kind} (${declared}) { ${PARENTS[field.parent]!(`${field.name}(${used}) ${selection}`)} }`;
}

const keyOf = (field: Field, arg: GraphQLArgument) => `${field.parent}.${field.name}(${arg.name}:)`;
const placesIn = (field: Field) => field.args.flatMap((arg) => placesOf(keyOf(field, arg), arg));

/** Arguments of a field with `value` at the place. */
function argumentsWith(field: Field, place: Place, value: string): Record<string, unknown> {
  const others = field.args.filter((arg) => arg !== place.elements[0] && isRequiredArgument(arg));
  return {
    ...Object.fromEntries(others.map((arg) => [arg.name, required(keyOf(field, arg), arg)])),
    ...BESIDE[place.keys[0]!],
    [place.elements[0]!.name]: argumentWith(place, value),
  };
}

// ---------------------------------------------------------------- answers

/** An answer without what differs between any two: ids, times, secrets, and which of the two values was given. */
function withoutChance(answer: unknown, given: string): unknown {
  const text = JSON.stringify(answer).replaceAll(JSON.stringify(given).slice(1, -1), 'GIVEN');
  return JSON.parse(text.replaceAll(new RegExp(`${THEIRS}|${NOBODYS}`, 'g'), 'GIVEN'), (key, value: unknown) => {
    // In the order in which the searches of the fields came to an end.
    if (key === 'plan') return (value as object[]).map((entry) => JSON.stringify(entry)).toSorted(byCodePoint);
    if (['ms', 'statements', 'requestId', 'cursor', 'startCursor', 'endCursor'].includes(key)) return '#';
    if (typeof value !== 'string') return value;
    if (/^(fg[dt]?_|20\d\d-\d\d-\d\dT)/.test(value) || /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value)) return '#';
    const [, type] = /^([A-Z]\w+):\d+$/.exec(Buffer.from(value, 'base64url').toString()) ?? [];
    return type === undefined ? value : `${type}:#`;
  });
}

async function answerOf(client: TestClient, query: string, variables: object): Promise<unknown> {
  const headers = { 'x-fleetgraph-plan': '1' };
  const { status, body } = await post(server.endpoint, client.key, JSON.stringify({ query, variables }), headers);
  return { status, body };
}

/** Gives theirs to one and nobody's to the other, who are alike, and expects the same answer. */
async function expectNoDifference(
  field: Field,
  place: Place,
  [toOne, toOther]: readonly [TestClient, TestClient],
): Promise<void> {
  for (const meaning of meaningsOf(place)!) {
    const cursor = meaning === 'cursor' ? await theirCursor(field) : '';
    const answers = [];
    for (const [client, prefix] of [
      [toOne, THEIRS],
      [toOther, NOBODYS],
    ] as const) {
      const value = valueOf(meaning, prefix, cursor);
      const given = argumentsWith(field, place, value);
      const answer = await answerOf(client, documentOf(field, given), given);
      // A document that is not valid would be refused in the same words, whatever is in it.
      expect(JSON.stringify(answer)).not.toMatch(/GRAPHQL_|BAD_|INTERNAL_SERVER_ERROR|LIMIT_EXCEEDED|RATE_LIMITED/);
      if (prefix === NOBODYS) expect(JSON.stringify(answer)).not.toContain(THEIRS);
      answers.push(withoutChance(answer, value));
    }
    expect([place.keys, meaning, answers[0]]).toEqual([place.keys, meaning, answers[1]]);
  }
}

/** Places and meanings in which the two values are alike to those whose they are, too. */
const ALIKE = /AttributeFilter\.lt value|id:Cohort|statistics.*source/;

/** To those whose it is, the one value is not as the other: so the cases could tell. */
async function expectDifference(field: Field, place: Place): Promise<void> {
  for (const meaning of meaningsOf(place)!) {
    if (ALIKE.test(`${place.keys.join(' ')} ${meaning}`)) continue;
    const cursor = meaning === 'cursor' ? await theirCursor(field) : '';
    const answers = [];
    for (const prefix of [THEIRS, NOBODYS]) {
      const value = valueOf(meaning, prefix, cursor);
      const given = argumentsWith(field, place, value);
      const [document, variables] = [documentOf(field, given), given].map(
        (one) => JSON.parse(JSON.stringify(one).replaceAll(OURS, THEIRS)) as unknown,
      );
      const answer = await answerOf(theirs.project, document as string, variables as object);
      answers.push(withoutChance(answer, value));
    }
    expect([place.keys, meaning, answers[0]]).not.toEqual([place.keys, meaning, answers[1]]);
  }
}

/** A cursor of the same list of theirs. */
async function theirCursor(field: Field): Promise<string> {
  const document = documentOf(field, { first: 1 }, '{ pageInfo { endCursor } }').replaceAll(OURS, THEIRS);
  const before = sent.length;
  const data = JSON.stringify(await theirs.project.ask(document, { first: 1 }));
  // These are of their project, by right.
  sent.splice(before);
  const [, cursor] = /"endCursor":"([^"]+)"/.exec(data) ?? [];
  expect([field.name, cursor]).toEqual([field.name, expect.any(String)]);
  return cursor!;
}

/** Their rows must be as they were, and statements must have named our projects alone. */
async function leavesThemAlone(ourProjects: readonly string[], work: () => Promise<void>): Promise<void> {
  const before = await theirRows();
  expect(before['device']).toHaveLength(1);
  sent.length = 0;
  await work();
  const statements = sent.splice(0);
  expect(statements.length).toBeGreaterThan(0);
  expect(await theirRows()).toEqual(before);
  for (const { name, text } of statements) texts.set(text, name);
  const strays = statements.filter(({ name, text, values }) => {
    if (name === 'changes.pruneAuditLog' || name.startsWith('auth.')) return false;
    return [...bindingOf(name, text).parameters].some((place) => !ourProjects.includes(String(values[place - 1])));
  });
  expect(strays).toEqual([]);
}

async function theirRows(): Promise<Record<string, unknown[]>> {
  const isTheirs = (row: unknown) => String((row as { project_id?: unknown }).project_id) === theirs.project.id;
  const tables = Object.entries(await server.dump());
  return Object.fromEntries(tables.map(([table, rows]) => [table, (rows ?? []).filter(isTheirs)]));
}

// ---------------------------------------------------------------- the tests

it('every argument that can name something has a case, and every case an argument', async () => {
  const all = fieldsWithArguments();
  const places = all.flatMap(placesIn);
  const without = places.filter((place) => meaningsOf(place) === undefined).map(({ keys }) => keys.join(' > '));
  expect(without).toEqual([]);
  const used = new Set(places.flatMap(({ keys }) => keys));
  expect(Object.keys(MEANINGS).filter((key) => !used.has(key))).toEqual([]);
  expect([...new Set(all.map(({ parent }) => parent))].toSorted()).toEqual(Object.keys(PARENTS).toSorted());
});

const FIELDS = [
  'Query.node', 'Query.nodes', 'Query.device', 'Query.devices', 'Query.cohort', 'Query.cohorts', 'Query.group', 'Query.groups',
  'Query.releases', 'Query.attributeKeys', 'Query.auditLog', 'Device.attribute', 'Device.attributes', 'Cohort.devices',
  'Group.devices', 'DeviceConnection.facet', 'DeviceConnection.statistics',
]; // prettier-ignore
const CHANGES = [
  'createApiKey', 'createCohort', 'createDevice', 'createGroup', 'deleteCohort', 'deleteDevice', 'deleteDevices', 'deleteGroup',
  'deployRelease', 'issueDeviceCredentials', 'moveDevicesToCohort', 'moveDevicesToGroup', 'recordDeviceEvent',
  'removeDeviceAttributes', 'removeDeviceFromGroup', 'renameGroup', 'reportAttributes', 'revokeApiKey', 'setAttributesOfDevices',
  'setDeviceAttributes', 'setDeviceGroup', 'updateCohort', 'updateDevice',
]; // prettier-ignore

function fieldNamed(name: string): Field {
  return fieldsWithArguments().find((field) => `${field.parent}.${field.name}` === name)!;
}

it('every field that takes such an argument is tried', () => {
  const names = fieldsWithArguments().map(({ parent, name }) => `${parent}.${name}`);
  expect(names.toSorted()).toEqual([...FIELDS, ...CHANGES.map((name) => `Mutation.${name}`)].toSorted());
});

it.each(FIELDS)('what a project has is known to itself, by %s', async (name) => {
  const field = fieldNamed(name);
  for (const place of placesIn(field)) await expectDifference(field, place);
});

describe('what another project has is as unknown as what nobody has', () => {
  it.each(FIELDS)(
    'to %s',
    async (name) => {
      const field = fieldNamed(name);
      const reader = await ours.project.client('READER');
      const device = await deviceClient(server, ours.credentials);
      await leavesThemAlone([ours.project.id], async () => {
        for (const place of placesIn(field)) {
          await expectNoDifference(field, place, [ours.project, ours.project]);
          // The many operators of a filter are the same to all.
          if (place.keys.length > 2) continue;
          for (const client of [reader, device]) await expectNoDifference(field, place, [client, client]);
        }
      });
    },
    60_000,
  );

  it.each(CHANGES)(
    'to %s, which leaves it as it was',
    async (name) => {
      const field = fieldNamed(`Mutation.${name}`);
      // What is changed by the one is changed by the other, so that they stay alike.
      const [one, other] = [await createTenant(OURS), await createTenant(OURS)];
      await leavesThemAlone([one.project.id, other.project.id], async () => {
        for (const place of placesIn(field)) {
          for (const { project } of [one, other]) await project.ask(`mutation { ${FILL(OURS)} }`);
          await expectNoDifference(field, place, [one.project, other.project]);
        }
      });
    },
    60_000,
  );
});

describe('a credential of one project', () => {
  it('is no client of another at the token endpoint', async () => {
    const { clientId, clientSecret, tokenUrl } = ours.credentials;
    const asked = (id: string) => requestToken({ clientId: id, clientSecret, tokenUrl });
    const unknown = await asked(`${clientId.slice(0, -1)}${clientId.endsWith('A') ? 'B' : 'A'}`);
    expect(unknown).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    // Theirs with our secret, and ours as if it were of their project.
    for (const id of [
      theirs.credentials.clientId,
      inProject(clientId, theirs.project.id),
      inProject(clientId, NO_ID),
    ]) {
      const { status, body } = await asked(id);
      expect({ status, body }).toEqual({ status: unknown.status, body: unknown.body });
    }
    expect((await asked(clientId)).status).toBe(200);
  });

  it('is none in another, if a device says that its token is of that project', async () => {
    const client = await deviceClient(server, ours.credentials);
    const query = '{ viewer { name } }';
    const wrong = withoutChance(await answerOf(clientOf(server.endpoint, 'fgt_wrong'), query, {}), 'fgt_wrong');
    expect(wrong).toMatchObject({ status: 401 });
    for (const id of [theirs.project.id, NO_ID]) {
      const other = clientOf(server.endpoint, inProject(client.key, id));
      expect(withoutChance(await answerOf(other, query, {}), other.key)).toEqual(wrong);
    }
    expect(await client.ask(query)).toEqual({ viewer: { name: `${OURS}-serial` } });
  });
});

it('/metrics names operations of the own project alone', async () => {
  const metricsFor = async (client: TestClient) => {
    const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${client.key}` } });
    expect(answer.status).toBe(200);
    return answer.text();
  };
  await theirs.project.ask(`query Secret_${THEIRS} { viewer { name } }`);
  await ours.project.ask(`query Own_${OURS} { viewer { name } }`);
  const reader = await ours.project.client('READER');
  // Requests are counted once the answer has been sent, which may be after it was read.
  while (!(await metricsFor(theirs.project)).includes(`Secret_${THEIRS}`)) await new Promise(setImmediate);
  while (!(await metricsFor(reader)).includes(`Own_${OURS}`)) await new Promise(setImmediate);
  expect(await metricsFor(reader)).not.toContain(THEIRS);
  expect(await metricsFor(theirs.project)).not.toContain(`Own_${OURS}`);
});

/** The same id or token with another project in it. */
const inProject = (text: string, projectId: string) => text.replace(/^(fg[dt])_\d+_/, `$1_${projectId}_`);

// Last: it looks at the statements of all tests above.
it('no statement lacks the project on a relation, and each that lost it would be found', () => {
  const ofOperations = [...texts].filter(([, name]) => !name.startsWith('auth.'));
  expect(ofOperations.length).toBeGreaterThan(100);
  const CONDITION = /(?:\w+|"\w+")\.project_id = \$\d+/g;
  for (const [text, name] of ofOperations) {
    expect([name, bindingOf(name, text).faults]).toEqual([name, []]);
    for (const { index, 0: condition } of text.matchAll(CONDITION)) {
      const without = `${text.slice(0, index)}true${text.slice(index + condition.length)}`;
      // Some say it twice.
      if (without.includes(condition.replace(/\$\d+/, '$'))) continue;
      expect([without, bindingOf(name, without).faults]).toEqual([without, [expect.stringContaining('project_id')]]);
    }
  }
});
