/**
 * Whether a statement is bound to one project: `project_id = $n` on every relation of it, inside subqueries and unions too.
 * Reads the SQL that this program writes, not all of SQL; what it does not understand it reports.
 */
import { ENTITIES } from '../../src/database/entities/entities.js';
import { getMetadataArgsStorage } from 'typeorm';

/** Whole statements that are of no project, or find out of which one; each with its reason. */
const OF_NO_PROJECT: Readonly<Record<string, string>> = {
  'app.isReady': 'reads no table',
  'auth.keysByHash': 'which project it is, the key tells',
  'auth.projectOfToken': 'which project it is, the claim of a signed token tells',
  'changes.foldCounts': 'the gateway itself, in the background: sums of all projects, each by its own',
  'changes.pruneProjects': 'the gateway itself, in the background: each project is pruned by itself',
  'changes.insertProject': 'the server at its first start and the command-line tool: makes a project',
  'changes.findProject': 'the server at its start and the command-line tool: which project it is, the slug tells',
  'changes.listProjects': 'the command-line tool alone',
};

export interface Binding {
  /** What is not bound, or not understood. */
  readonly faults: readonly string[];
  /** Places (from 1) of the parameters that name the project. */
  readonly parameters: ReadonlySet<number>;
}

const TABLES: ReadonlySet<string> = new Set(
  ENTITIES.map((entity) => String(getMetadataArgsStorage().tables.find(({ target }) => target === entity)!.name)),
);

/** A word, sign or parameter of a level, or what stands in parentheses there. */
type Node = string | readonly Node[];

/** Without comments and strings, in which nothing is a relation. */
function parseNodes(text: string): Node[] {
  const root: Node[] = [];
  const stack = [root];
  for (const [token] of text
    .replaceAll(/\/\*[^]*?\*\/|--[^\n]*/g, ' ')
    .matchAll(/'(?:[^']|'')*'|"[^"]+"|\$\d+|[A-Za-z_]\w*|\d+(?:\.\d+)?|::|[<>!~=*@&|?#+-]+|\S/g)) {
    if (token === '(') {
      const group: Node[] = [];
      stack.at(-1)!.push(group);
      stack.push(group);
    } else if (token === ')') {
      stack.pop();
      if (stack.length === 0) throw new Error('more parentheses are closed than opened');
    } else {
      stack.at(-1)!.push(token.startsWith('"') ? token.slice(1, -1) : token.toLowerCase());
    }
  }
  if (stack.length > 1) throw new Error('more parentheses are opened than closed');
  return root;
}

const QUERY_WORDS = new Set(['select', 'with', 'insert', 'update', 'delete', 'values']);
const isQuery = (node: readonly Node[]): boolean => typeof node[0] === 'string' && QUERY_WORDS.has(node[0]);

const cache = new Map<string, Binding>();

export function bindingOf(name: string, text: string): Binding {
  if (Object.hasOwn(OF_NO_PROJECT, name)) return { faults: [], parameters: new Set() };
  const known = cache.get(text);
  if (known !== undefined) return known;
  const faults: string[] = [];
  const parameters = new Set<number>();
  const root = parseNodes(text);
  const expressions = namesOfExpressions(root);
  for (const one of expressions) if (TABLES.has(one)) faults.push(`an expression hides the table ${one}`);
  for (const branch of branchesOf(root)) checkBranch(branch, { expressions, faults, parameters });
  const binding = { faults, parameters };
  cache.set(text, binding);
  return binding;
}

/** Names of common table expressions: `name as (select ...`. */
function namesOfExpressions(nodes: readonly Node[]): Set<string> {
  const names = new Set<string>();
  nodes.forEach((node, index) => {
    if (typeof node === 'string') return;
    for (const name of namesOfExpressions(node)) names.add(name);
    if (!isQuery(node)) return;
    let place = index - 1;
    while (['materialized', 'not'].includes(String(nodes[place]))) place -= 1;
    if (nodes[place] !== 'as') return;
    place -= 1;
    // Names of its columns.
    if (typeof nodes[place] !== 'string') place -= 1;
    const [name, before] = [nodes[place], nodes[place - 1]];
    if (typeof name === 'string' && ['with', 'recursive', ','].includes(String(before))) names.add(name);
  });
  return names;
}

/** Every part of the statement that has a FROM of its own: queries and the branches of their unions. */
function branchesOf(nodes: readonly Node[]): Node[][] {
  const branches: Node[][] = [];
  const visit = (query: readonly Node[]): void => {
    let branch: Node[] = [];
    branches.push(branch);
    for (const node of query) {
      if (typeof node === 'string' && ['union', 'except', 'intersect'].includes(node)) {
        branch = [];
        branches.push(branch);
      } else {
        branch.push(node);
        visitGroups(node);
      }
    }
  };
  const visitGroups = (node: Node): void => {
    if (typeof node === 'string') return;
    const [first] = node;
    // Also a union of branches in parentheses.
    if (isQuery(node) || (first !== undefined && typeof first !== 'string' && isQuery(first))) visit(node);
    else node.forEach(visitGroups);
  };
  visit(nodes);
  return branches;
}

interface Relation {
  readonly table: string;
  readonly alias: string;
}

interface Findings {
  readonly expressions: ReadonlySet<string>;
  readonly faults: string[];
  readonly parameters: Set<number>;
}

const CLAUSE_ENDS = new Set(['where', 'group', 'order', 'having', 'limit', 'offset', 'for', 'returning', 'set']);
const NO_ALIAS = new Set([
  ...CLAUSE_ENDS, 'join', 'left', 'right', 'full', 'inner', 'cross', 'on', 'using', 'union', 'select', 'values', ',',
]); // prettier-ignore

function checkBranch(nodes: readonly Node[], findings: Findings): void {
  const { faults, parameters } = findings;
  const read = relationsOf(nodes, findings);
  const bound = conditionsOf(nodes);
  const tables = read.filter(({ table }) => TABLES.has(table));
  for (const { table, alias } of tables) {
    const column = table === 'project' ? 'id' : 'project_id';
    const places = bound
      .filter((one) => one.column === column && (one.alias === alias || (one.alias === null && read.length === 1)))
      .map(({ place }) => place);
    if (places.length === 0) faults.push(`${table} ${alias} has no ${column} = $n of its own`);
    for (const place of places) parameters.add(place);
  }
  checkInsert(nodes, tables, findings);
}

/** What a branch reads, changes or deletes from; not what it inserts into. */
function relationsOf(nodes: readonly Node[], { expressions, faults }: Findings): Relation[] {
  const relations: Relation[] = [];
  let isInFrom = false;
  nodes.forEach((node, index) => {
    const [before, next] = [nodes[index - 1], nodes[index + 1]];
    if (typeof node !== 'string') {
      // Not understood: its first relation would be missed.
      if (outsideOfQueries(node).includes('join')) faults.push('a join in parentheses');
      return;
    }
    if (CLAUSE_ENDS.has(node)) isInFrom = false;
    const startsFrom = (node === 'from' && before !== 'distinct') || (node === 'using' && typeof next === 'string');
    const isChanged = node === 'update' && !['for', 'do', 'key'].includes(String(before)) && before !== 'no';
    if (startsFrom) isInFrom = true;
    if (!startsFrom && !isChanged && node !== 'join' && !(node === ',' && isInFrom)) return;
    let place = index + 1;
    if (nodes[place] === 'lateral' || nodes[place] === 'only') place += 1;
    const [table, after] = [nodes[place], nodes[place + 1]];
    // ROWS FROM (functions)
    if (table === 'rows' && after === 'from') return;
    // A subquery is a branch of its own; a function has its arguments behind it.
    if (typeof table !== 'string' || typeof after !== 'string') {
      if (typeof table === 'string' && after === undefined) relations.push({ table, alias: table });
      return;
    }
    const named = after === 'as' ? nodes[place + 2] : after;
    const alias = typeof named === 'string' && !NO_ALIAS.has(named) && /^\w+$/.test(named) ? named : table;
    relations.push({ table, alias });
  });
  for (const { table } of relations) {
    if (!TABLES.has(table) && !expressions.has(table)) faults.push(`what is ${table}?`);
  }
  return relations;
}

interface Condition {
  /** Null: the column stands alone. */
  readonly alias: string | null;
  readonly column: string;
  readonly place: number;
}

/** Conditions `alias.column = $n` that hold for every row of a branch: those of subqueries and alternatives do not count. */
function conditionsOf(nodes: readonly Node[]): Condition[] {
  const found: Condition[] = [];
  if (nodes.includes('or') || nodes[0] === 'not') return found;
  nodes.forEach((node, index) => {
    if (typeof node !== 'string') {
      if (!isQuery(node) && nodes[index - 1] !== 'not') found.push(...conditionsOf(node));
      return;
    }
    const [equals, parameter] = [nodes[index + 1], nodes[index + 2]];
    if (equals !== '=' || typeof parameter !== 'string' || !/^\$\d+$/.test(parameter)) return;
    const hasAlias = nodes[index - 1] === '.';
    found.push({
      alias: hasAlias ? String(nodes[index - 2]) : null,
      column: node,
      place: Number(parameter.slice(1)),
    });
  });
  return found;
}

/** What is inserted must be of the parameter's project, or of that of a relation that is bound. */
function checkInsert(nodes: readonly Node[], bound: readonly Relation[], { faults, parameters }: Findings): void {
  const start = nodes.indexOf('into');
  if (start < 0 || nodes[start - 1] !== 'insert') return;
  const table = String(nodes[start + 1]);
  const at = nodes.findIndex((node, index) => index > start && typeof node !== 'string');
  const columns = splitAtCommas(at < 0 ? [] : (nodes[at] as readonly Node[]));
  const place = columns.findIndex((column) => column.length === 1 && column[0] === 'project_id');
  if (place < 0) {
    faults.push(`${table} gets no project_id`);
    return;
  }
  const source = nodes.findIndex((node, index) => index > at && (node === 'values' || node === 'select'));
  const rows =
    nodes[source] === 'values'
      ? nodes.slice(source + 1).flatMap((node) => (typeof node === 'string' ? [] : [splitAtCommas(node)]))
      : [
          splitAtCommas(
            nodes.slice(source + 1, nodes.indexOf('from', source) > 0 ? nodes.indexOf('from', source) : undefined),
          ),
        ];
  for (const row of nodes[source] === 'values' ? rows.slice(0, 1) : rows) {
    const value = row[place] ?? [];
    const [first, dot, column] = value;
    if (typeof first === 'string' && /^\$\d+$/.test(first)) parameters.add(Number(first.slice(1)));
    else if (dot !== '.' || column !== 'project_id' || !bound.some(({ alias }) => alias === first)) {
      faults.push(`${table} gets a project_id that is no $n: ${flat(value).join(' ')}`);
    }
  }
}

function splitAtCommas(nodes: readonly Node[]): Node[][] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (node === ',') parts.push([]);
    else parts.at(-1)!.push(node);
  }
  return parts;
}

function flat(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => (typeof node === 'string' ? [node] : flat(node)));
}

/** Words in parentheses, but for those of queries there. */
function outsideOfQueries(nodes: readonly Node[]): string[] {
  if (isQuery(nodes)) return [];
  return nodes.flatMap((node) => (typeof node === 'string' ? [node] : outsideOfQueries(node)));
}
