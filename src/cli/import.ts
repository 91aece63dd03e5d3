import { setTimeout as delay } from 'node:timers/promises';
import { ATTRIBUTE_SCOPES } from '../model/attribute-value.js';
import { ROLES, type Role, roleIncludes } from '../model/viewer.js';
import { type CheckedRecord, checkRecords } from './check-records.js';
import { toChunks } from './chunks.js';
import type { RecordOptions } from './device-record.js';
import { CliError, EXIT_CODE, type ExitCode, usageError } from './exit-code.js';
import { Gateway, GatewayError } from './gateway.js';
import { parseWords } from './parse-words.js';
import { printable } from './printable.js';
import { Progress } from './progress.js';
import { openRecordFile, type RecordFile } from './record-file.js';
import { CLI_SETTINGS, parseCliSettings } from './settings.js';
import type { Command, Shell } from './shell.js';

/** Enough to see what is wrong with a file; the rest is counted. */
const MOST_FAULTS_SHOWN = 20;

const VIEWER = 'query ImportViewer { viewer { name role } }';
const REPORT = `mutation ImportDevices($input: ReportAttributesInput!) {
  reportAttributes(input: $input) { createdCount updatedCount unchangedCount }
}`;

export const importCommand: Command = {
  name: 'import',
  summary: 'Reads devices from a file into a running server.',
  help: `Usage: fleetgraph import FILE [options]

Reads devices from FILE, or from stdin if FILE is -, into a running server: newline-delimited JSON or one JSON array
of records such as
  {"id": "4f1c", "attributes": [{"name": "ports", "value": ["80", "443"], "description": "Open ports"}], "group": "lab"}
The whole file is checked first. If a record is bad nothing is sent. Importing again is safe: what is equal stays as it is.

Options:
  --dry-run        Checks the file and sends nothing; needs no server.
  --skip-bad       Imports the good records although there are bad ones.
  --refuse-nul     Counts a record as bad if a value has the character NUL (U+0000), which no Postgres keeps. Otherwise
                   it is imported with U+FFFD in its place, and said so.
  --scope SCOPE    Scope of the attributes: ${ATTRIBUTE_SCOPES.join(', ')}. Default: INVENTORY.
  -h, --help       Shows this.

Environment:
${Object.entries(CLI_SETTINGS)
  .map(([name, { summary }]) => `  ${name}\n      ${summary}`)
  .join('\n')}

Exit codes:
  ${EXIT_CODE.done}    All is imported; with --dry-run: all records are good.
  ${EXIT_CODE.failed}    The server or the file could not be used; some of the devices may be in. Run it again.
  ${EXIT_CODE.usage}    A wrong option, setting or file name. Nothing was sent.
  ${EXIT_CODE.badRecords}    There are bad records. Nothing was sent; with --skip-bad the others were imported.
  ${EXIT_CODE.interrupted}  Interrupted; some of the devices may be in. Run it again.`,
  run: runImport,
};

async function runImport(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const options = parseOptions(args);
  const { FLEETGRAPH_URL: url, FLEETGRAPH_API_KEY: key } = parseCliSettings(shell.env);
  if (key === undefined && !options.dryRun) {
    throw usageError(`FLEETGRAPH_API_KEY is not set: an import needs a key of the role WRITER or ADMIN.
The key of the embedded database's first project is in the file admin-key of its folder:
  export FLEETGRAPH_API_KEY="$(cat .fleetgraph/admin-key)"`);
  }
  const startMs = performance.now();
  const progress = new Progress(shell.stderr);
  const file = await openRecordFile(options.path, shell);
  try {
    const gateway = key === undefined ? undefined : createGateway({ url, key }, shell, progress);
    // A wrong key is told before a long file is read.
    if (!options.dryRun) await assertMayImport(gateway!);
    const { good, bad } = await checkFile(file, options, { shell, progress });
    if (options.dryRun || (bad > 0 && !options.skipBad)) {
      if (bad > 0) shell.stderr.write(`${bad} of ${good + bad} records are bad; nothing was imported.\n`);
      else shell.stdout.write(`${file.name}: ${devices(good)}, all good; nothing was sent (dry run)\n`);
      return bad > 0 ? EXIT_CODE.badRecords : EXIT_CODE.done;
    }
    const counts = await sendFile(file, options, { gateway: gateway!, shell, progress, total: good });
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
    const skipped = bad > 0 ? `, ${bad} bad and skipped` : '';
    shell.stdout.write(
      `${file.name}: ${devices(good)} in ${seconds} s: ${counts.created} created, ${counts.updated} updated, ` +
        `${counts.unchanged} unchanged${skipped}\n`,
    );
    return bad > 0 ? EXIT_CODE.badRecords : EXIT_CODE.done;
  } finally {
    progress.clear();
    await file.close();
  }
}

interface ImportOptions {
  readonly path: string;
  readonly dryRun: boolean;
  readonly skipBad: boolean;
  readonly record: RecordOptions;
}

function parseOptions(args: readonly string[]): ImportOptions {
  const { values, positionals } = parseWords('import', args, {
    'dry-run': { type: 'boolean', default: false },
    'skip-bad': { type: 'boolean', default: false },
    'refuse-nul': { type: 'boolean', default: false },
    scope: { type: 'string', default: 'INVENTORY' },
  });
  const [path, ...others] = positionals;
  if (path === undefined || path === '') throw usageError('which file? Usage: fleetgraph import FILE [options]');
  if (others.length > 0) throw usageError(`one file at a time, got ${positionals.length}`);
  const scope = ATTRIBUTE_SCOPES.find((one) => one === values.scope);
  if (scope === undefined) throw usageError(`--scope: one of ${ATTRIBUTE_SCOPES.join(', ')}, got "${values.scope}"`);
  const record = { scope, refuseNul: values['refuse-nul'] };
  return { path, dryRun: values['dry-run'], skipBad: values['skip-bad'], record };
}

function createGateway({ url, key }: { url: string; key: string }, shell: Shell, progress: Progress): Gateway {
  return new Gateway({
    url,
    key,
    signal: shell.signal,
    wait: async (ms) => {
      await delay(ms, undefined, { signal: shell.signal });
    },
    onRetry: (reason, delayMs) => {
      progress.clear();
      shell.stderr.write(`${reason}; trying again in ${(delayMs / 1_000).toFixed(1)} s\n`);
    },
  });
}

async function assertMayImport(gateway: Gateway): Promise<void> {
  const { viewer } = (await gateway.send(VIEWER)) as { viewer: { name: string; role: string } };
  const role = ROLES.find((one) => one === viewer.role);
  if (role !== undefined && roleIncludes(role, 'WRITER' satisfies Role)) return;
  throw usageError(
    `the key "${printable(viewer.name)}" has the role ${printable(viewer.role)}; an import needs WRITER or ADMIN`,
  );
}

interface Run {
  readonly shell: Shell;
  readonly progress: Progress;
}

/** Reads the whole file, says what is wrong with it, and counts its records. */
async function checkFile(file: RecordFile, options: ImportOptions, { shell, progress }: Run) {
  let good = 0;
  let bad = 0;
  let withNul = 0;
  let firstNulLine = 0;
  for await (const record of checkRecords(file.read(), options.record)) {
    shell.signal.throwIfAborted();
    if ('report' in record) {
      good++;
      if (record.report.replacedNul && withNul++ === 0) firstNulLine = record.line;
    } else {
      bad++;
      if (bad <= MOST_FAULTS_SHOWN) {
        progress.clear();
        shell.stderr.write(`${file.name}:${record.line}: ${printable(record.fault)}\n`);
      }
    }
    progress.show(`checking ${file.name}: ${good + bad} records`);
  }
  progress.clear();
  if (bad > MOST_FAULTS_SHOWN) shell.stderr.write(`... and ${bad - MOST_FAULTS_SHOWN} more\n`);
  if (withNul > 0) {
    shell.stderr.write(
      `${file.name}:${firstNulLine}: the first of ${withNul} records with the character NUL in values; U+FFFD takes its place\n`,
    );
  }
  return { good, bad };
}

interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

type GoodRecord = Extract<CheckedRecord, { report: unknown }>;

/** One chunk after the other: each is a transaction, so what a failure leaves is the file up to some line. */
async function sendFile(
  file: RecordFile,
  options: ImportOptions,
  { gateway, shell, progress, total }: Run & { readonly gateway: Gateway; readonly total: number },
): Promise<Counts> {
  let counts: Counts = { created: 0, updated: 0, unchanged: 0 };
  let sent = 0;
  try {
    for await (const chunk of toChunks(goodRecords(file, options))) {
      shell.signal.throwIfAborted();
      progress.show(`importing ${file.name}: ${sent} of ${total} devices`);
      counts = add(counts, await sendChunk(file, chunk, gateway));
      sent += chunk.length;
    }
    progress.clear();
  } catch (fault) {
    // An interruption is no failure; the number is the same good news.
    const message = shell.signal.aborted ? 'interrupted' : fault instanceof CliError ? fault.message : undefined;
    if (message === undefined) throw fault;
    throw new CliError(
      shell.signal.aborted ? EXIT_CODE.interrupted : EXIT_CODE.failed,
      `${message}\n${sent} of ${devices(total)} were imported before. Run it again to complete it: that is safe.`,
      { cause: fault },
    );
  }
  return counts;
}

/** The second reading, which finds what the first found. */
async function* goodRecords(file: RecordFile, { record: options, skipBad }: ImportOptions): AsyncGenerator<GoodRecord> {
  for await (const record of checkRecords(file.read(), options)) {
    if ('report' in record) yield record;
    else if (!skipBad) throw new CliError(EXIT_CODE.failed, `${file.name}: changed while it was read`);
  }
}

async function sendChunk(file: RecordFile, chunk: readonly GoodRecord[], gateway: Gateway): Promise<Counts> {
  const reports = chunk.map(({ report }) => report.json).join();
  try {
    const data = await gateway.send(REPORT, `{"input":{"createMissing":true,"reports":[${reports}]}}`);
    const { reportAttributes: answer } = data as {
      reportAttributes: { createdCount: number; updatedCount: number; unchangedCount: number };
    };
    return { created: answer.createdCount, updated: answer.updatedCount, unchanged: answer.unchangedCount };
  } catch (fault) {
    // Some rules only the server can check, such as the number of attributes together with those it has.
    const index = fault instanceof GatewayError ? /^input\.reports\[(\d+)\]/.exec(fault.field ?? '')?.[1] : undefined;
    const record = index === undefined ? undefined : chunk[Number(index)];
    if (record === undefined || !(fault instanceof GatewayError)) throw fault;
    throw new CliError(EXIT_CODE.failed, `${file.name}:${record.line}: ${fault.message}`, { cause: fault });
  }
}

function add(a: Counts, b: Counts): Counts {
  return { created: a.created + b.created, updated: a.updated + b.updated, unchanged: a.unchanged + b.unchanged };
}

function devices(count: number): string {
  return count === 1 ? '1 device' : `${count} devices`;
}
