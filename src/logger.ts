import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Pino's number of the level `warn`. */
const WARN = 40;

/**
 * JSON lines on stderr, so that stdout carries only what a person or a script reads at start.
 *
 * A level is a promise: `error` means that someone must act now, `warn` look at it this week; a refused input is `info`.
 */
export function createLogger(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: { name: 'fleetgraph' },
      // Keys and passwords must not reach the log even when somebody logs a whole request or a connection setting.
      redact: ['req.headers.authorization', 'headers.authorization', '*.password', '*.secret'],
    },
    gatherLines(pino.destination({ dest: 2, sync: true })),
  );
}

/** The same logger for lines whose members are all known: looking for secrets in a line costs more than to make it. */
export function withoutRedaction(logger: Logger): Logger {
  return logger.child({}, { redact: [] });
}

/**
 * Writes the lines of one round of the event loop together, since each write is a system call: one of level `warn` or above at
 * once, behind those that came before it, and all that is left when the process ends. Only what kills a process at once, as
 * SIGKILL does, can take lines of the round along.
 */
function gatherLines(sink: { write(lines: string): void }) {
  let lines = '';
  let isWatched = false;
  let isEnding = false;
  const flush = () => {
    if (lines === '') return;
    sink.write(lines);
    lines = '';
  };
  return {
    // Asks pino to set `lastLevel` before each line.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string) {
      if (!isWatched) {
        isWatched = true;
        process.once('exit', () => {
          isEnding = true;
          flush();
        });
      }
      if (lines === '') setImmediate(flush);
      lines += line;
      if (isEnding || this.lastLevel >= WARN) flush();
    },
  };
}
