import type { Readable } from 'node:stream';
import type { ExitCode } from './exit-code.js';

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** What a command sees of its process, so that tests can run one without a process. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  /** Results, for scripts. */
  readonly stdout: Output;
  /** Faults, and progress if it is a terminal. */
  readonly stderr: Output;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** Throws CliError for what the user should read. */
  run(args: readonly string[], shell: Shell): Promise<ExitCode>;
}
