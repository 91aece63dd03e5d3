import { readdirSync, readFileSync } from 'node:fs';

/** Of the times in /proc; the same on all Linux systems of today. */
const TICKS_PER_SECOND = 100;

/**
 * CPU time in ms that a process and all that it has started have used so far. What has ended counts in the process that
 * waited for it, so that processes may come and go between two readings. NaN where there is no /proc.
 */
export function cpuOfTree(root: number): number {
  const processes = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const name of listProcesses()) {
    const stat = readStat(name);
    if (stat === undefined) continue;
    // The name of the program, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Its own times in user and system mode, and those of its children that have ended.
    const ticks = fields.slice(11, 15).reduce((sum, text) => sum + Number(text), 0);
    processes.set(Number(name), { parent: Number(fields[1]), ticks });
  }
  const own = processes.get(root);
  if (own === undefined) return NaN;
  let ticks = own.ticks;
  for (const [pid, { ticks: more }] of processes) if (pid !== root && descends(pid)) ticks += more;
  return (ticks / TICKS_PER_SECOND) * 1000;

  function descends(pid: number): boolean {
    for (let one = processes.get(pid); one !== undefined; one = processes.get(one.parent)) {
      if (one.parent === root) return true;
    }
    return false;
  }
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Undefined if it has ended meanwhile. */
function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}
