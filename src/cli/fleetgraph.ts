#!/usr/bin/env node
/** The process of the command-line tool: arguments, environment, signals, exit code. */
import { runCli } from './cli.js';
import { EXIT_CODE } from './exit-code.js';

const interruption = new AbortController();
// The first tells how far it came; a second one ends the process at once, as there is no listener any more.
process.once('SIGINT', () => interruption.abort());

async function main(): Promise<void> {
  const { env, stdin, stdout, stderr } = process;
  // Should the process ever end before its work, that is no success.
  process.exitCode = EXIT_CODE.failed;
  process.exitCode = await runCli(process.argv.slice(2), { env, stdin, stdout, stderr, signal: interruption.signal });
}

void main();
