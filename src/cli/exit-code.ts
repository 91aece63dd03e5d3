/** What the process tells the one who started it. Listed in --help. */
export const EXIT_CODE = {
  done: 0,
  /** The server or the file could not be used; part of the records may be in. */
  failed: 1,
  /** An option, a setting or the file's name is wrong; nothing was done. */
  usage: 2,
  /** The file has bad records. Nothing is in, or with --skip-bad all the others are. */
  badRecords: 3,
  /** As shells say it: 128 and the number of SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];

/** Ends a command with a message for the person at the terminal. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CliError {
  return new CliError(EXIT_CODE.usage, message);
}
