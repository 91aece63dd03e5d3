import { type ExitCode, usageError } from './exit-code.js';
import type { Shell } from './shell.js';

type Action = (args: readonly string[], shell: Shell) => Promise<ExitCode>;

/** Runs the action of a command that the first word names: `create` of `fleetgraph key create`. */
export async function runAction(
  command: string,
  actions: Readonly<Record<string, Action>>,
  [name, ...args]: readonly string[],
  shell: Shell,
): Promise<ExitCode> {
  if (name === undefined || !Object.hasOwn(actions, name)) {
    const known = Object.keys(actions).join(', ');
    throw usageError(`fleetgraph ${command}: one of ${known}${name === undefined ? '' : `, got "${name}"`}`);
  }
  return actions[name]!(args, shell);
}
