import { createProject, listProjects } from '../changes/project.js';
import { parseName, parseSlug, toSlug } from '../model/names.js';
import { runAction } from './actions.js';
import { EXIT_CODE, type ExitCode, usageError } from './exit-code.js';
import { checked, INSTALLATION_HELP, withInstallation } from './installation.js';
import { parseWords } from './parse-words.js';
import type { Command, Shell } from './shell.js';
import { writeTable } from './table.js';

export const projectCommand: Command = {
  name: 'project',
  summary: 'Makes and lists projects, which know nothing of each other.',
  help: `Usage: fleetgraph project create --name NAME [--slug SLUG]
       fleetgraph project list

create makes a project with its default cohort and prints its slug. Its first key is made by fleetgraph key create.
list prints slug, name and time of creation of all projects, with tabs between.

Options:
  --name NAME   1 to 256 characters.
  --slug SLUG   1 to 64 of a-z 0-9 _ -, the first a letter or a digit; unique. Default: made from the name.
  -h, --help    Shows this.

${INSTALLATION_HELP}

Exit codes:
  ${EXIT_CODE.done}  Done.
  ${EXIT_CODE.failed}  The database could not be used. Nothing was made.
  ${EXIT_CODE.usage}  A wrong option or setting, or the slug is taken. Nothing was made.`,
  run: (args, shell) => runAction('project', { create, list }, args, shell),
};

async function create(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const { values, positionals } = parseWords('project', args, { name: { type: 'string' }, slug: { type: 'string' } });
  if (positionals.length > 0) throw usageError(`project create: what is "${positionals[0]}"? Try --name.`);
  const { name: given } = values;
  if (given === undefined) throw usageError('project create: --name is missing');
  const project = checked(() => {
    const name = parseName(given, '--name');
    return { name, slug: values.slug === undefined ? toSlug(name, '--name') : parseSlug(values.slug, '--slug') };
  });
  await withInstallation(shell, (installation) => createProject(installation, project, '--slug'));
  shell.stdout.write(`${project.slug}\n`);
  return EXIT_CODE.done;
}

async function list(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const { positionals } = parseWords('project', args, {});
  if (positionals.length > 0) throw usageError(`project list takes no "${positionals[0]}"`);
  const projects = await withInstallation(shell, ({ database }) => listProjects(database));
  writeTable(
    shell,
    projects.map(({ slug, name, createdAt }) => [slug, name, createdAt.toISOString()]),
  );
  return EXIT_CODE.done;
}
