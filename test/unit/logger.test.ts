import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs a program with a logger in a process of its own; answers the messages on its stderr and how it ended. */
function run(program: string): { messages: string[]; status: number | null; stderr: string } {
  const root = join(__dirname, '../..');
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '-r',
      join(root, 'test/support/typescript.cjs'),
      '-e',
      `const { createLogger, withoutRedaction } = require(${JSON.stringify(join(root, 'src/logger.ts'))});
       const logger = createLogger('info');
       ${program}`,
    ],
    { encoding: 'utf8', timeout: 30_000 },
  );
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return { messages: lines.map((line) => (JSON.parse(line) as { msg: string }).msg), status, stderr };
}

const THREE = `for (const text of ['one', 'two', 'three']) logger.info(text);`;
const MESSAGES = ['one', 'two', 'three'];

test.each([
  ['runs out of work', '', 0],
  ['is ended', 'process.exit(3);', 3],
  ['has an error that nobody catches', `throw new Error('nobody');`, 1],
  ['has a rejection that nobody catches', `Promise.reject(new Error('nobody'));`, 1],
])('all lines are written, in order, when the process %s', (_how, end, expected) => {
  const { messages, status } = run(`${THREE} ${end}`);
  expect(messages).toEqual(MESSAGES);
  expect(status).toBe(expected);
});

test('a line that is logged while the process ends is written', () => {
  const { messages } = run(`${THREE} process.on('exit', () => logger.info('end'));`);
  expect(messages).toEqual([...MESSAGES, 'end']);
});

test('a warning is written at once, behind what came before it', () => {
  const { messages } = run(`${THREE} logger.warn('four'); logger.info('five'); process.kill(process.pid, 'SIGKILL');`);
  expect(messages).toEqual([...MESSAGES, 'four']);
});

test('lines are written when the round of the event loop is over', () => {
  const { messages } = run(`${THREE} setImmediate(() => setImmediate(() => process.kill(process.pid, 'SIGKILL')));`);
  expect(messages).toEqual(MESSAGES);
});

test('secrets are left out, but where it is said that there are none', () => {
  const { stderr } = run(`
    const line = { headers: { authorization: 'hidden-1' }, connection: { password: 'hidden-2' } };
    logger.info(line, 'redacted'); withoutRedaction(logger).info({ requestId: 'x' }, 'plain'); logger.info(line, 'redacted still');`);
  expect(stderr).not.toContain('hidden');
  expect(stderr.match(/\[Redacted\]/g)).toHaveLength(4);
  expect(stderr).toContain('"name":"fleetgraph","requestId":"x","msg":"plain"}');
});
