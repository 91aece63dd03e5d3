import { parseArgs, type ParseArgsConfig, types } from 'node:util';
import { usageError } from './exit-code.js';

/** The options and other words of a command. Throws CliError for what it does not know; `command` is named in it. */
export function parseWords<const Options extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (fault) {
    // Node goes on to explain what few ever want: names that begin with a dash.
    const [reason] = (types.isNativeError(fault) ? fault.message : String(fault)).split('. ');
    throw usageError(`${reason}. Try fleetgraph ${command} --help.`);
  }
}
