import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const ROOT = join(__dirname, '../..');

/**
 * Who may import whom. The folders of src/ are layers: imports go one way. `type` after a name allows no more than
 * `import type`. A file right in src/ is a layer by itself. docs/architecture.md says why.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  logger: [],
  // The levels of the log are a setting.
  config: ['logger', 'errors'],
  model: ['errors'],
  'linked-list': [],
  turns: ['linked-list'],
  // The data source lists the migrations, and these call the hook for distributed tables.
  database: ['config', 'errors', 'logger', 'linked-list', 'migrations', 'turns'],
  migrations: ['database'],
  attributes: ['database', 'model', 'errors'],
  auth: ['database', 'config', 'errors', 'model'],
  search: ['attributes', 'database', 'model', 'errors'],
  loaders: ['search', 'attributes', 'database', 'model', 'errors'],
  changes: ['search', 'attributes', 'database', 'model', 'errors'],
  // Rows pass through resolvers as they are, so their types are known there; statements are not made there.
  graphql: ['search', 'loaders', 'changes', 'auth', 'attributes', 'model', 'errors', 'turns', 'logger type', 'database type'],
  http: ['graphql', 'auth', 'config', 'errors', 'linked-list', 'logger', 'model', 'turns'],
  demo: ['changes', 'model'],
  // Loaded only where traces are wanted; what they are of says the transport.
  telemetry: ['http type', 'errors', 'logger type'],
  // It talks to a server over GraphQL; but the first key of a project cannot be made with a key of it.
  cli: ['changes', 'auth', 'database', 'config', 'model', 'errors', 'logger'],
  // Runs in the browser.
  playground: [],
  'admin-key': ['auth', 'database type'],
  'wanted-traces': ['telemetry', 'config type', 'logger type'],
  // What there is once, and what each process that serves has: app puts both into one process, cluster into several.
  foundation: [
    'admin-key', 'attributes', 'changes', 'search', 'demo', 'database', 'config type', 'logger type',
  ],
  serving: ['attributes', 'auth', 'graphql', 'http', 'database', 'config type', 'logger type'],
  app: ['foundation', 'serving', 'wanted-traces', 'http', 'admin-key type', 'database type', 'config type', 'logger'],
  cluster: ['app type', 'foundation', 'serving', 'database', 'wanted-traces', 'http', 'config type', 'logger', 'errors'],
  'source-maps': [],
  main: ['app', 'cluster', 'cli', 'config', 'logger', 'source-maps'],
  ormconfig: ['config', 'database'],
}; // prettier-ignore

/** Who may use a package whose place is one layer. */
const MAY_USE: Record<string, readonly string[]> = {
  typeorm: ['database', 'migrations'],
  pg: ['database'],
  graphql: ['graphql', 'http', 'playground'],
  'type-graphql': ['graphql'],
  '@apollo/server': ['http', 'graphql'],
  fastify: ['http'],
  'prom-client': ['http'],
  dataloader: ['auth', 'loaders'],
  pino: ['logger'],
  react: ['playground'],
  'ios-device-list': ['model'],
  jose: ['auth'],
  '@node-oauth/oauth2-server': ['http'],
  '@opentelemetry/api': ['telemetry'],
  '@opentelemetry/sdk-trace-base': ['telemetry'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => posix.join(entry.parentPath.slice(ROOT.length + 1), entry.name));
}

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s+)?'([^']+)'/gm;
const CALL = /\b(?:import|require|require\.resolve)\(\s*'([^']+)'/g;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const statements = [...text.matchAll(STATEMENT)].map(([, type, names = '', to]): Import => {
    const named =
      /^\{([^}]*)\}$/s
        .exec(names.trim())?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '') ?? [];
    const onlyTypes = named.length > 0 && named.every((name) => name.trim().startsWith('type '));
    return { from: file, to: to!, isType: type !== undefined || onlyTypes };
  });
  const calls = [...text.matchAll(CALL)].map(([, to]): Import => ({ from: file, to: to!, isType: false }));
  return [...statements, ...calls].map((one) => ({
    ...one,
    to: one.to.startsWith('.') ? posix.join(dirname(file), one.to.replace(/\.js$/, '')) : one.to,
  }));
}

function layerOf(path: string): string {
  const [top, second] = path.replace(/\.tsx?$/, '').split('/');
  return top === 'src' ? second! : top!;
}

const files = [...sourceFiles('src'), ...sourceFiles('migrations'), 'ormconfig.ts'];
const imports = files.flatMap(importsOf);
const own = imports.filter(({ to }) => /^(src|migrations)\//.test(to));
const packages = imports.filter(({ to }) => !/^(src|migrations|scripts)\//.test(to) && !to.startsWith('node:'));

test('the files of this program are found, and what they import', () => {
  expect(files.length).toBeGreaterThan(150);
  expect(own.length).toBeGreaterThan(500);
  const isThere = (path: string) => files.includes(`${path}.ts`) || files.includes(`${path}.tsx`);
  const unknown = own.filter(({ to }) => !isThere(to) && !/\.(css|html)$/.test(to));
  expect(unknown).toEqual([]);
});

test('every layer has its row in the table', () => {
  const rows = new Set(Object.keys(MAY_IMPORT));
  expect([...new Set(files.map(layerOf))].filter((layer) => !rows.has(layer))).toEqual([]);
});

test('every import goes from a layer to one that it may import', () => {
  const broken = own.flatMap(({ from, to, isType }) => {
    const [layer, other] = [layerOf(from), layerOf(to)];
    const row = MAY_IMPORT[layer] ?? [];
    if (layer === other || row.includes(other) || (isType && row.includes(`${other} type`))) return [];
    return [`${from} imports ${to}, but ${layer} may only import: ${row.join(', ') || 'nothing'}`];
  });
  expect(broken).toEqual([]);
});

test('every package is used by its own layer alone', () => {
  const broken = packages.flatMap(({ from, to }) => {
    const name = to
      .split('/')
      .slice(0, to.startsWith('@') ? 2 : 1)
      .join('/');
    const users = MAY_USE[name];
    if (users === undefined || users.includes(layerOf(from))) return [];
    return [`${from} uses ${name}, but only these may: ${users.join(', ')}`];
  });
  expect(broken).toEqual([]);
});

test('no file imports itself, not even in a circle and for types alone', () => {
  const targets = new Map<string, string[]>();
  const pathOf = (path: string) => path.replace(/\.tsx?$/, '');
  for (const { from, to } of own) targets.set(pathOf(from), [...(targets.get(pathOf(from)) ?? []), to]);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of targets.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  expect(circles).toEqual([]);
});

test('the environment is read by the processes alone: everything else is told its settings', () => {
  const readers = files.filter((file) =>
    /\bprocess\.env\b|\{[^}]*\benv\b[^}]*\} = process\b/.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  expect(readers.toSorted()).toEqual(['ormconfig.ts', 'src/cli/fleetgraph.ts', 'src/main.ts']);
});

test('relative imports end in .js, and only named exports are imported and made', () => {
  const broken = files
    .filter((file) => file.startsWith('src/') && !file.startsWith('src/playground/'))
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const withoutEnding = [...text.matchAll(/from '(\.[^']*)'/g)].filter(([, to]) => !to!.endsWith('.js'));
      return [
        ...withoutEnding.map(([, to]) => `${file}: ${to}`),
        ...(/^export default/m.test(text) ? [`${file}: export default`] : []),
      ];
    });
  expect(broken).toEqual([]);
});
