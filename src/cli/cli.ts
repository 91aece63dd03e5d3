import { CliError, EXIT_CODE, type ExitCode, usageError } from './exit-code.js';
import { importCommand } from './import.js';
import { keyCommand } from './key.js';
import { projectCommand } from './project.js';
import type { Command, Shell } from './shell.js';

const COMMANDS: readonly Command[] = [importCommand, projectCommand, keyCommand];

const HELP = `Usage: fleetgraph COMMAND [arguments]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join('\n')}

fleetgraph COMMAND --help tells more of a command. The server itself is started with npm start.`;

/** Runs one command and answers the exit code; never throws for what a user can cause. */
export async function runCli(words: readonly string[], shell: Shell): Promise<ExitCode> {
  try {
    return await runCommand(words, shell);
  } catch (fault) {
    if (shell.signal.aborted && !(fault instanceof CliError)) {
      shell.stderr.write('interrupted\n');
      return EXIT_CODE.interrupted;
    }
    if (!(fault instanceof CliError)) throw fault;
    shell.stderr.write(`${fault.message}\n`);
    return fault.exitCode;
  }
}

async function runCommand([name, ...args]: readonly string[], shell: Shell): Promise<ExitCode> {
  if (name === '--help' || name === '-h') {
    shell.stdout.write(`${HELP}\n`);
    return EXIT_CODE.done;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    const fault = name === undefined ? 'which command?' : `there is no command "${name}".`;
    throw usageError(`${fault} Try fleetgraph --help.`);
  }
  if (isHelpWanted(args)) {
    shell.stdout.write(`${command.help}\n`);
    return EXIT_CODE.done;
  }
  return command.run(args, shell);
}

/** A file may have any name, but after `--` only. */
function isHelpWanted(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}
