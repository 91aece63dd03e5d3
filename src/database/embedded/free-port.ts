import { createServer } from 'node:net';

/** A port of 127.0.0.1 that is free at this moment: `preferred` if it is, else any. */
export async function findFreePort(preferred = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (fault) => {
      if (preferred === 0) reject(fault);
      else resolve(findFreePort());
    });
    probe.listen(preferred, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
