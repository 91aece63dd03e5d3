import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { CHILD_ENVIRONMENT, type Command } from './command.js';

/**
 * Starts a server and stops it as soon as standard input ends. That is a pipe of which only our process holds the other
 * end, and the kernel closes it however our process dies. A shell, because it takes a megabyte where Node takes forty.
 *
 * SIGINT is Postgres's fast shutdown; SIGQUIT ends it without a checkpoint, so the next start recovers.
 */
const GUARD = `
exec 3<&0 </dev/null
"$@" 3<&- >&2 &
server=$!
trap '' HUP INT TERM
echo "$server"
exec >&2
(
  while read -r _ <&3; do :; done
  exec 3<&-
  kill -INT "$server"
  tenths=0
  while [ "$tenths" -lt 350 ]; do
    sleep 0.1
    tenths=$((tenths + 1))
    if [ "$tenths" -eq 300 ]; then kill -QUIT "$server"; fi
  done
  kill -KILL "$server"
) &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill -KILL "$watcher" 2>/dev/null
exit "$status"
`;

export interface GuardedProcess {
  /** Of the server itself, not of its guard. */
  readonly pid: number;
  /** Settles when it has ended, with how. */
  readonly ended: Promise<string>;
  /** Ends it in good order and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts a server that cannot outlive this process. What it prints goes to the open file `logFd`. */
export async function startGuarded({ file, args, user }: Command, logFd: number): Promise<GuardedProcess> {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'fleetgraph-guard', file, ...args], {
    stdio: ['pipe', 'pipe', logFd],
    env: CHILD_ENVIRONMENT,
    cwd: '/',
    // A session of its own: Ctrl-C is for us, and we stop the server after our own work is done.
    detached: true,
    ...user,
  });
  const ended = new Promise<string>((resolve) => {
    guard.once('error', (fault) => resolve(fault.message));
    guard.once('exit', (code, signal) => resolve(signal ?? `exit status ${code}`));
  });
  const { stdin, stdout } = guard;
  if (stdin === null || stdout === null) throw new Error('unreachable: both were asked for as pipes');
  // The guard may be gone when the pipe closes, which is what was wanted.
  stdin.on('error', () => undefined);

  let printed = '';
  for await (const chunk of stdout) printed += String(chunk);
  const pid = Number(printed);
  if (!(pid > 0)) throw new Error(`the guard of the embedded Postgres did not start: ${await ended}`);

  // A program that is done may end without stopping the server first; the guard will.
  guard.unref();
  if (stdin instanceof Socket) stdin.unref();

  return {
    pid,
    ended,
    async stop() {
      guard.ref();
      stdin.end();
      await ended;
    },
  };
}
