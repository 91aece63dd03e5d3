import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

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
    pino.destination({ dest: 2, sync: true }),
  );
}
