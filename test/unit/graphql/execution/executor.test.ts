/** Planned execution against graphql-js, on a schema that has all that may go wrong below a field. */
import {
  buildSchema,
  type DocumentNode,
  execute,
  type ExecutionResult,
  type GraphQLAbstractType,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { createExecutor } from '../../../../src/graphql/execution/executor.js';
import { PlanCache } from '../../../../src/graphql/execution/plan-cache.js';
import { guardField } from '../../../../src/graphql/execution/guarded-fields.js';

const SDL = `
  scalar Odd
  enum Colour { RED GREEN }
  interface Named { name: String sure: String! }
  union Either = Leaf | Tree
  input Where { name: String = "default", not: Where, in: [Int!] }
  type Leaf implements Named {
    name: String sure: String! int: Int float: Float flag: Boolean id: ID colour: Colour odd: Odd
    list: [String] sureList: [String!]! matrix: [[Int!]]
  }
  type Tree implements Named {
    name: String sure: String!
    leaf: Leaf sureLeaf: Leaf! leaves: [Leaf] sureLeaves: [Leaf!]! someLeaves: [Leaf!]
    ofOwn(how: String = "value", times: Int): String
    tree(how: String): Tree sureTree(how: String): Tree! trees(how: String): [Tree!]
    any: Named either: Either everything: [Named]
    echo(where: Where, list: [Int], text: String, colour: Colour, odd: Odd): String
    guarded: String
    kept(how: String): String sureKept(how: String): String! keptLeaf(how: String): Leaf keptLeaves(how: String): [Leaf!]!
  }
  type Query { tree(how: String): Tree sureTree(how: String): Tree! leaf: Leaf value(how: String!): String sure(how: String!): String! secret: String }
  type Mutation { set(to: Int!): Tree sureSet(to: Int): Int! counter: Int! }
`;

interface Context {
  readonly role: string;
  counter: number;
  /** Resolvers that were called though values may have been at hand. */
  resolved: number;
  readonly log: string[];
}

const leaf = {
  __typename: 'Leaf', name: 'a leaf', sure: 'yes', int: 7, float: 1.5, flag: true, id: 12, colour: 'GREEN', odd: { any: ['thing', null] },
  list: ['a', null, 'b'], sureList: ['a', 'b'], matrix: [[1, 2], null, []],
}; // prettier-ignore

/** Leaves with one thing wrong each. */
const BROKEN: readonly object[] = [
  { ...leaf, sure: null },
  { ...leaf, int: 'many' },
  { ...leaf, int: 2 ** 31 },
  { ...leaf, float: NaN },
  { ...leaf, flag: 'yes' },
  { ...leaf, colour: 'BLUE' },
  { ...leaf, odd: 'throws' },
  { ...leaf, odd: 'nothing' },
  { ...leaf, list: 'no list' },
  { ...leaf, list: 5 },
  { ...leaf, list: new Set(['from', 'a', 'set']) },
  { ...leaf, sureList: ['a', null] },
  { ...leaf, sureList: undefined },
  { ...leaf, matrix: [[1, null], [2]] },
  { ...leaf, matrix: [[1], Promise.resolve([3]), Promise.resolve([null])] },
  { ...leaf, name: () => 'of a method' },
  { ...leaf, name: Promise.resolve('later') },
  { ...leaf, name: new Error('an error as a value') },
  { ...leaf, sure: Promise.resolve(null) },
  { ...leaf, list: ['a', Promise.resolve('b'), new Error('among others')] },
  { ...leaf, id: { toString: () => 'no id' } },
  { ...leaf, get name() { throw new Error('of a getter'); } },
  { ...leaf, get sure() { throw new Error('of a sure getter'); } },
  Object.assign(Object.create({ inherited: true }) as object, leaf),
  new Error('instead of a leaf'),
  5 as unknown as object,
]; // prettier-ignore

function give(how: unknown, value: unknown): unknown {
  switch (how) {
    case 'null':
      return null;
    case 'undefined':
      return undefined;
    case 'throw':
      throw new Error('thrown');
    case 'throw text':
      // A resolver may.
      throw 'a text';
    case 'error':
      return new Error('returned');
    case 'later':
      return Promise.resolve(value);
    case 'later null':
      return Promise.resolve(null);
    case 'reject':
      return Promise.reject(new Error('rejected'));
    case 'much later':
      return new Promise((resolve) => setTimeout(() => resolve(value), 5));
    case 'thenable':
      // oxlint-disable-next-line unicorn/no-thenable -- what another library's promise is
      return { then: (resolve: (value: unknown) => void) => resolve(value) };
    default:
      return value;
  }
}

const grow = (how: unknown): unknown => give(how, newTree());
function newTree(): object {
  return {
    __typename: 'Tree', name: 'a tree', sure: 'sure', leaf, sureLeaf: leaf, leaves: [leaf, null, leaf], sureLeaves: [leaf, leaf], someLeaves: [leaf],
    ofOwn: ({ how, times }: { how: string; times?: number }, context: Context, info: { fieldName: string }) => `${how} ${times} ${context.role} ${info.fieldName}`,
    any: leaf, either: leaf, everything: [leaf, null, { __typename: 'Tree', name: 'inner', sure: 'x' }],
    guarded: 'for some',
  }; // prettier-ignore
}

/** Fields whose values come with their object. */
const KEPT = { kept: 'kept', sureKept: 'kept', keptLeaf: leaf, keptLeaves: [leaf, leaf] };

function createSchema(): GraphQLSchema {
  const schema = buildSchema(SDL);
  const odd = schema.getType('Odd') as { serialize: (value: unknown) => unknown; name: string };
  odd.serialize = (value) => {
    if (value === 'throws') throw new Error('not serializable');
    return value === 'nothing' ? undefined : value;
  };
  const resolve = (
    type: string,
    field: string,
    resolver: GraphQLFieldResolver<unknown, Context, Record<string, unknown>>,
  ) => {
    (schema.getType(type) as GraphQLObjectType).getFields()[field]!.resolve = (
      source,
      args,
      context: Context,
      info,
    ) => {
      context.log.push(`${type}.${field} ${JSON.stringify(args)} ${JSON.stringify(info.path)}`);
      return resolver(source, args as Record<string, unknown>, context, info);
    };
  };
  for (const type of ['Query', 'Tree']) {
    resolve(type, 'tree', (_, { how }) => grow(how));
    resolve(type, 'sureTree', (_, { how }) => grow(how));
  }
  resolve('Query', 'leaf', () => leaf);
  resolve('Query', 'value', (_, { how }) => give(how, 'value'));
  resolve('Query', 'sure', (_, { how }) => give(how, 'value'));
  resolve('Tree', 'trees', (_, { how }) => [newTree(), grow(how), newTree()]);
  resolve('Tree', 'echo', (_, args) => JSON.stringify(args));
  resolve('Mutation', 'set', (_, { to }, context) => new Promise((done) => {
    setTimeout(() => done(Object.assign(newTree(), { name: `${(context.counter = Number(to))}` })), 10 - Number(to));
  })); // prettier-ignore
  resolve('Mutation', 'sureSet', (_, { to }, context) => (to === null ? null : (context.counter = Number(to))));
  resolve('Mutation', 'counter', (_source, _args, context) => context.counter);
  resolve('Query', 'secret', () => 'kept');
  for (const [name, value] of Object.entries(KEPT)) {
    const field = (schema.getType('Tree') as GraphQLObjectType<unknown, Context>).getFields()[name]!;
    field.resolve = (_, { how }, context) => {
      context.resolved += 1;
      return give(how, value);
    };
    // Promises are never at hand.
    const isLater = (how = '') => /later|reject|thenable/.test(how);
    field.extensions = {
      valueAtHand: (_: unknown, { how }: { how?: string }) => (isLater(how) ? undefined : give(how, value)),
    };
  }
  const guard = ({ role }: Context) => {
    if (role === 'stranger') throw new Error('not for strangers');
  };
  for (const [type, field] of [['Tree', 'guarded'], ['Query', 'secret']] as const) {
    guardField((schema.getType(type) as GraphQLObjectType).getFields()[field]!, guard);
  } // prettier-ignore
  for (const type of ['Named', 'Either']) {
    (schema.getType(type) as GraphQLAbstractType).resolveType = ({ __typename }: { __typename: string }) => __typename;
  }
  return schema;
}

const schema = createSchema();
const executePlanned = createExecutor<Context>({
  schema,
  isGuarded: ({ role }) => role === 'stranger',
  maxCoercionErrors: 3,
});

interface Asked {
  readonly variables?: Record<string, unknown>;
  readonly role?: string;
}

/** Both answers as they would be sent, and what the resolvers were told. */
async function both(query: string, { variables = {}, role = 'friend' }: Asked = {}) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const operation = document.definitions.find(
    (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
  )!;
  const run = async (way: (contextValue: Context) => ExecutionResult | Promise<ExecutionResult>) => {
    const context: Context = { role, counter: 0, resolved: 0, log: [] };
    const result = await way(context);
    return { json: JSON.stringify(result), log: context.log, resolved: context.resolved };
  };
  const planned = () =>
    run((contextValue) => executePlanned({ document, operation, operationName: undefined, variables, contextValue }));
  const [first, again] = [await planned(), await planned()];
  const expected = await run(
    async (contextValue) =>
      await execute({
        schema,
        document,
        contextValue,
        variableValues: variables,
        operationName: operation.name?.value ?? null,
        options: { maxCoercionErrors: 3 },
      }),
  );
  return { first, again, expected };
}

async function expectSame(query: string, asked?: Asked): Promise<string> {
  const { first, again, expected } = await both(query, asked);
  expect(first).toEqual({ ...expected, resolved: expect.any(Number) });
  // From the plan that was kept.
  expect(again).toEqual(first);
  return expected.json;
}

const LEAF = '{ name sure int float flag id colour odd list sureList matrix __typename }';
const HOWS = [
  'value',
  'null',
  'undefined',
  'throw',
  'throw text',
  'error',
  'later',
  'later null',
  'reject',
  'much later',
  'thenable',
];

describe('the same answer as graphql-js', () => {
  it.each(HOWS)('to a field whose resolver gives: %s', async (how) => {
    await expectSame(`{ value(how: "${how}") leaf { name } }`);
    await expectSame(`{ before: leaf { name } sure(how: "${how}") after: leaf { name } }`);
    await expectSame(`{ tree(how: "${how}") { name leaf ${LEAF} tree { sure } } }`);
    await expectSame(
      `{ sureTree(how: "${how}") { name tree { sureTree(how: "${how}") { name } } } value(how: "later") }`,
    );
    await expectSame(`{ tree { trees(how: "${how}") { name sureLeaf { name } } } }`);
    await expectSame(`{ tree { sureTree { sureTree(how: "${how}") { name } other: tree(how: "reject") { name } } } }`);
    await expectSame(
      `{ tree { a: tree(how: "reject") { name } b: sureTree(how: "${how}") { name } c: tree(how: "much later") { name } } }`,
    );
    await expectSame(`mutation { a: sureSet(to: 1) set(to: 3) { name tree(how: "${how}") { name } } b: counter }`);
  });

  it.each(BROKEN.map((broken, index) => [index, broken] as const))(
    'below a field without a resolver: leaf %i',
    async (_index, broken) => {
      const tree = {
        ...newTree(),
        leaf: broken,
        sureLeaf: broken,
        leaves: [leaf, broken, null],
        sureLeaves: [leaf, broken],
        someLeaves: [broken],
      };
      const field = schema.getQueryType()!.getFields()['tree']!;
      const { resolve } = field;
      field.resolve = () => tree;
      try {
        for (const name of ['leaf', 'sureLeaf', 'leaves', 'sureLeaves', 'someLeaves']) {
          await expectSame(`{ tree { name ${name} ${LEAF} sure } }`);
          await expectSame(`{ tree { ${name} { name sure } tree { name } } value(how: "later") }`);
        }
      } finally {
        field.resolve = resolve;
      }
    },
  );

  it.each(HOWS)('to fields whose values are at hand, where that gives: %s', async (how) => {
    const kept = `kept(how: "${how}") sureKept keptLeaf(how: "${how}") ${LEAF} keptLeaves { name }`;
    await expectSame(`{ tree { name ${kept} leaf { name } } }`);
    await expectSame(`{ tree { trees { ${kept} name } other: trees { sureKept(how: "${how}") } } }`);
    await expectSame(`{ tree { trees { name keptLeaves(how: "${how}") ${LEAF} } tree(how: "later") { ${kept} } } }`);
    await expectSame(`query ($how: String!) { tree { a: kept(how: $how) b: kept keptLeaf(how: $how) { name } } }`, {
      variables: { how },
    });
  });

  it('without a call of the resolvers of values that are at hand', async () => {
    const query = '{ tree { kept trees { kept sureKept keptLeaf { name } keptLeaves { name } } } }';
    const { first, expected } = await both(query);
    expect([first.resolved, expected.resolved]).toEqual([0, 13]);
  });

  it.each([
    ['aliases', '{ a: tree { b: name c: name leaf { d: int e: int } } leaf { name } }'],
    [
      'fragments',
      '{ ...q tree { ...t } } fragment q on Query { leaf { name } } fragment t on Tree { name leaf { ...l } } fragment l on Leaf { int }',
    ],
    [
      'fields that are merged',
      '{ tree { leaf { name } } tree { leaf { int } name } ...q } fragment q on Query { tree { leaf { id } sure } }',
    ],
    [
      'interfaces',
      '{ tree { any { name __typename ... on Leaf { int } ... on Tree { sure } } everything { sure ... on Named { name } ... on Tree { ofOwn } } } }',
    ],
    ['unions', '{ tree { either { __typename ... on Leaf { name } ... on Tree { name } } } }'],
    ['methods with arguments', '{ tree { ofOwn a: ofOwn(how: "x", times: 3) b: ofOwn(how: null) } }'],
    ['typenames everywhere', '{ __typename tree { __typename leaf { __typename } any { __typename } } }'],
    ['an alias like an inherited property', '{ constructor: leaf { toString: name hasOwnProperty: int } }'],
    ['an alias like the prototype', '{ __proto__: leaf { name } tree { __proto__: name leaf { __proto__: int } } }'],
    ['introspection', '{ __schema { queryType { name } } __type(name: "Leaf") { fields { name } } leaf { name } }'],
    ['mutations in order', 'mutation { a: set(to: 3) { name } b: counter c: set(to: 1) { name } d: counter }'],
    [
      'a mutation that fails in between',
      'mutation { a: set(to: 3) { name } b: sureSet(to: null) c: set(to: 1) { name } }',
    ],
    ['guarded fields', '{ secret tree { guarded name } }'],
  ])('to %s', async (_what, query) => {
    await expectSame(query);
    await expectSame(query, { role: 'stranger' });
  });

  it.each([
    ['absent', {}],
    [
      'all',
      {
        where: { name: 'x', not: { in: [1] } },
        list: [1, null],
        text: 't',
        colour: 'RED',
        odd: { a: 1 },
        yes: true,
        no: false,
      },
    ],
    ['null', { where: null, list: null, text: null, colour: null, odd: null, yes: true, no: true }],
    ['wrong', { where: { nam: 'x', in: [null] }, list: 'x', text: 5, colour: 'BLUE', yes: 'y', no: 1 }],
    [
      'hostile',
      {
        text: '"); process.exit(1); ("',
        where: { name: '${process.exit(1)}' },
        odd: { __proto__: null, constructor: 1 },
      },
    ],
  ])('with variables: %s', async (_what, variables) => {
    const query = `query ($where: Where, $list: [Int], $text: String, $colour: Colour, $odd: Odd, $yes: Boolean! = true, $no: Boolean! = false) {
      tree @include(if: $yes) {
        echo(where: $where, list: $list, text: $text, colour: $colour, odd: $odd)
        partly: echo(where: {name: $text, not: {in: [1, 2]}}, list: [1, 2])
        name @skip(if: $no) ...t @skip(if: $no) ...t @include(if: $yes)
      }
      ... @include(if: $no) { leaf { name } }
    } fragment t on Tree { leaf { name @include(if: $no) int } }`;
    await expectSame(query, { variables });
  });

  it('with each value of the variables that decide what is selected', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const query = `query (${names.map((name) => `$${name}: Boolean!`).join(' ')}) { tree { ${names
      .map((name) => `${name}: name @include(if: $${name})`)
      .join(' ')} sure } }`;
    // More than plans are kept of one operation.
    for (let mask = 0; mask < 64; mask += 1) {
      const variables = Object.fromEntries(names.map((name, bit) => [name, (mask & (1 << bit)) !== 0]));
      const json = await expectSame(query, { variables });
      expect(json.match(/a tree/g)?.length ?? 0).toBe(Object.values(variables).filter(Boolean).length);
    }
  });

  it('if a nullable variable that decides is null', async () => {
    const query = 'query ($a: Boolean = true) { leaf { name @include(if: $a) } }';
    for (const variables of [{}, { a: true }, { a: false }, { a: null }]) await expectSame(query, { variables });
  });
});

describe('hostile documents', () => {
  const TEXTS = [
    '"); throw 1; ("',
    "'+process.exit(1)+'",
    '${process.exit(1)}',
    '`',
    '\\u2028',
    '\\"',
    '__proto__',
    'constructor',
    '*/',
  ];

  it.each(TEXTS)('%s is a value like any other', async (text) => {
    const literal = JSON.stringify(text);
    await expectSame(`{ tree { echo(text: ${literal}, where: {name: ${literal}}, odd: {a: ${literal}}) } }`);
    await expectSame(`query ($v: String = ${literal}) { tree { echo(text: $v) } }`);
  });

  it.each([
    'constructor',
    '__proto__',
    'prototype',
    'process',
    'require',
    'arguments',
    'this',
    'hasOwnProperty',
    'then',
    'undefined',
    'NaN',
  ])('%s is a name like any other', async (name) => {
    await expectSame(
      `query ${name}($${name}: String, $${name}2: Boolean! = true) {
        ${name}: tree { ${name}: echo(text: $${name}) ... ${name} @include(if: $${name}2) } }
        fragment ${name} on Tree { x: name @skip(if: $${name}2) sure }`,
      { variables: { [name]: 'value' } },
    );
  });
});

it('plans of documents that nobody sends again are forgotten', () => {
  const cache = new PlanCache(schema);
  const find = (document: DocumentNode) => cache.find(document, document.definitions[0] as OperationDefinitionNode, {});
  const wide = `{ ${Array.from({ length: 1_000 }, (_, index) => `a${index}: value(how: "x")`).join(' ')} }`;
  const first = parse(wide);
  const plan = find(first);
  expect(plan?.fieldCount).toBe(1_000);
  expect(find(first)).toBe(plan);
  for (let count = 0; count < 49; count += 1) find(parse(wide));
  // It is as if new.
  expect(find(first)).not.toBe(plan);
});
