// Compiles the server into dist/ and bundles the playground into dist/playground, each only if its sources changed.
// Types are checked by `npm run check:types`; here speed counts, since `npm start` waits for it.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, 'dist');
const LOCK = join(DIST, '.lock');
/** A build takes some seconds; a lock older than this was left by one that died. */
const LOCK_TIMEOUT_MS = 120_000;

const SERVER = {
  name: 'server',
  sources: ['src', 'migrations', 'ormconfig.ts', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'],
  isSource: (path) => !path.startsWith('src/playground/'),
  outputs: ['src', 'migrations', 'ormconfig.js', 'ormconfig.js.map'],
  build: compileServer,
};

const PLAYGROUND = {
  name: 'playground',
  sources: ['src/playground', 'scripts/build.mjs', 'package.json'],
  isSource: () => true,
  outputs: ['playground'],
  build: bundlePlayground,
};

/**
 * Brings dist/ up to date; returns what was built. Neither the compiler nor the bundler is loaded when nothing is to
 * do, so that a deployment without development dependencies can start from a finished dist/.
 */
export async function ensureBuilt() {
  if ([SERVER, PLAYGROUND].every(isUpToDate)) return [];
  await takeLock();
  try {
    // Another process may have built meanwhile.
    const parts = [SERVER, PLAYGROUND].filter((part) => !isUpToDate(part));
    for (const part of parts) await build(part);
    return parts.map((part) => part.name);
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

/** Builds beside dist/ and moves the result in, so that nobody loads half of it and nothing deleted stays. */
async function build(part) {
  const digest = digestOf(part);
  const fresh = join(DIST, `.new-${part.name}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  await part.build(fresh);
  rmSync(stampOf(part), { force: true });
  for (const output of part.outputs) {
    rmSync(join(DIST, output), { recursive: true, force: true });
    if (existsSync(join(fresh, output))) renameSync(join(fresh, output), join(DIST, output));
  }
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(stampOf(part), digest);
}

function stampOf(part) {
  return join(DIST, `.${part.name}-stamp`);
}

/** By content and not by time, which a checkout or a copy changes. A dist/ that came without sources is up to date. */
function isUpToDate(part) {
  if (!existsSync(stampOf(part))) return false;
  if (!existsSync(join(ROOT, part.sources[0]))) return true;
  return readFileSync(stampOf(part), 'utf8') === digestOf(part);
}

function digestOf(part) {
  const hash = createHash('sha256');
  for (const path of part.sources.flatMap(filesOf).toSorted()) {
    if (!part.isSource(path)) continue;
    hash.update(`${path}\0`).update(contentFor(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Of package.json only the versions matter, not the scripts. */
function contentFor(path) {
  const content = readFileSync(join(ROOT, path));
  if (path !== 'package.json') return content;
  const { dependencies, devDependencies } = JSON.parse(content);
  return JSON.stringify([dependencies, devDependencies]);
}

function filesOf(path) {
  const full = join(ROOT, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'));
}

async function takeLock() {
  mkdirSync(DIST, { recursive: true });
  const start = Date.now();
  for (;;) {
    try {
      mkdirSync(LOCK);
      return;
    } catch (fault) {
      if (fault.code !== 'EEXIST') throw fault;
    }
    const age = ageOf(LOCK);
    if (age > LOCK_TIMEOUT_MS) rmSync(LOCK, { recursive: true, force: true });
    if (Date.now() - start > 2 * LOCK_TIMEOUT_MS)
      throw new Error(`another build holds ${LOCK}; remove it if none runs`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

async function compileServer(outDir) {
  const { default: ts } = await loadBuildTool('typescript');
  const configPath = join(ROOT, 'tsconfig.build.json');
  const { config } = ts.readConfigFile(configPath, ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT, { outDir: DIST }, configPath);
  const program = ts.createProgram(fileNames, options);
  const faults = program.getSyntacticDiagnostics();
  if (faults.length > 0) {
    const host = { getCurrentDirectory: () => ROOT, getCanonicalFileName: (name) => name, getNewLine: () => '\n' };
    throw new Error(`the sources cannot be compiled:\n${ts.formatDiagnostics(faults, host)}`);
  }
  // Emitted as for dist/ itself, so that the source maps are right once the files are moved there.
  program.emit(undefined, (path, text) => write(join(outDir, relative(DIST, path)), text));
  for (const path of SERVER.sources.flatMap(filesOf).filter(SERVER.isSource)) {
    if (/^(?:src|migrations)\//.test(path) && !path.endsWith('.ts'))
      write(join(outDir, path), readFileSync(join(ROOT, path)));
  }
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

async function bundlePlayground(outDir) {
  const { build: bundle, stop } = await loadBuildTool('esbuild');
  const out = join(outDir, 'playground');
  const shared = {
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    metafile: true,
    target: 'es2022',
    outdir: out,
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    assetNames: '[name]-[hash]',
    logLevel: 'error',
    legalComments: 'external',
    define: { 'process.env.NODE_ENV': '"production"' },
  };
  const workers = await bundle({
    ...shared,
    format: 'iife',
    entryPoints: {
      'editor-worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
      'json-worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
      'graphql-worker': 'monaco-graphql/esm/graphql.worker.js',
    },
  });
  const workerFiles = Object.fromEntries(
    ['editor', 'json', 'graphql'].map((name) => [name, outputOf(workers, `${name}-worker-`, '.js')]),
  );
  const page = await bundle({
    ...shared,
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    entryPoints: { playground: 'src/playground/playground.tsx' },
    loader: { '.ttf': 'file' },
    define: { ...shared.define, WORKER_FILES: JSON.stringify(workerFiles) },
    plugins: [stylesOnPage],
  });
  // Else its process would live as long as the server that is started next.
  await stop();
  const html = readFileSync(join(ROOT, 'src/playground/playground.html'), 'utf8')
    .replace('<!-- styles -->', `<link rel="stylesheet" href="playground/${outputOf(page, 'playground-', '.css')}" />`)
    .replace(
      '<!-- scripts -->',
      `<script type="module" src="playground/${outputOf(page, 'playground-', '.js')}"></script>`,
    );
  writeFileSync(join(out, 'playground.html'), html);
  for (const name of readdirSync(out)) {
    // The page's one sheet has the styles of the lazy parts too.
    if (/^chunk-.*\.css/.test(name)) rmSync(join(out, name));
    if (!existsSync(join(out, name)) || !/\.(?:js|css|html)$/.test(name)) continue;
    writeFileSync(join(out, `${name}.gz`), await promisify(gzip)(readFileSync(join(out, name)), { level: 9 }));
  }
}

/**
 * GraphiQL's own style sheet holds the editor's styles. Those that the editor's modules import would end in a sheet of
 * the lazy chunk, which nothing loads.
 */
const stylesOnPage = {
  name: 'styles-on-page',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: '', loader: 'css' }));
  },
};

function outputOf({ metafile }, prefix, suffix) {
  const names = Object.keys(metafile.outputs).map((path) => path.slice(path.lastIndexOf('/') + 1));
  const name = names.find((one) => one.startsWith(prefix) && one.endsWith(suffix));
  if (name === undefined) throw new Error(`the bundler made no ${prefix}*${suffix}`);
  return name;
}

async function loadBuildTool(name) {
  try {
    return await import(name);
  } catch (fault) {
    if (fault.code !== 'ERR_MODULE_NOT_FOUND') throw fault;
    throw new Error(
      `dist/ is not up to date and ${name} is not installed: run "npm install" with development dependencies`,
      { cause: fault },
    );
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const start = performance.now();
  const built = await ensureBuilt();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(built.length === 0 ? 'dist/ is up to date' : `built ${built.join(' and ')} in ${seconds} s`);
}
