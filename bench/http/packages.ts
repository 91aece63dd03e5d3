/** What only this benchmark needs is no dependency of the gateway: it is installed beside it when it is first used. */
import { spawn } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const PACKAGES = join(__dirname, 'packages');

/** PostGraphile 5 wants it. */
const LEAST_NODE = 22;

/** Installs them unless they are there as package.json wants them; answers with the Node that all servers run on. */
export async function ensurePackages(): Promise<string> {
  if (!(await areInstalled())) {
    console.error(`# installing what is compared and measures, into ${PACKAGES}`);
    await install();
  }
  const ownNode = join(PACKAGES, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (await exists(ownNode)) return ownNode;
  if (Number(process.versions.node.split('.')[0]) >= LEAST_NODE) return process.execPath;
  throw new Error(
    `PostGraphile needs Node ${LEAST_NODE}, of which npm has no package for this platform: run with such a Node`,
  );
}

/** The version of a package that the benchmark has installed, or of one of the gateway. */
export function versionOf(name: string, folder = PACKAGES): string {
  const require = createRequire(join(folder, 'package.json'));
  return (require(`${folder}/node_modules/${name}/package.json`) as { version: string }).version;
}

async function areInstalled(): Promise<boolean> {
  const { dependencies } = JSON.parse(await readFile(join(PACKAGES, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  try {
    return Object.entries(dependencies).every(([name, version]) => versionOf(name) === version);
  } catch {
    return false;
  }
}

async function install(): Promise<void> {
  // The scripts of packages are for what we do not use; the engine's version is that of the Node that is installed.
  const args = ['install', '--prefix', PACKAGES, '--ignore-scripts', '--loglevel', 'error'];
  const npm = spawn('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const status = await new Promise((resolve, reject) => npm.once('error', reject).once('exit', resolve));
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${String(status)}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
