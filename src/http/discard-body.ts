import type { IncomingMessage } from 'node:http';

/** Above what honest clients send by mistake; who sends more sees his connection break. */
const MOST_BYTES = 64 * 1024 * 1024;
const PATIENCE_MS = 2_000;

/**
 * Throws away what is left of a body, so that the client has finished sending when it is answered: one that is answered in
 * the middle and cut off sees a broken connection instead of the answer. Gives up after a while.
 */
export async function discardBody(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const patience = setTimeout(resolve, PATIENCE_MS);
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) resolve();
    });
    for (const event of ['end', 'close', 'error']) request.once(event, resolve);
    request.once('close', () => clearTimeout(patience));
    request.resume();
  });
}
