import type { Worker } from 'node:cluster';

/**
 * Closes the connection that was just being handed to a worker when it died: Node forgets it, open, and its client
 * would wait for ever. Node hands over one at a time and closes its own copy when the worker has it; to close that again
 * does nothing.
 */
export function closeLostConnection(worker: Worker): void {
  const { process: child } = worker;
  const send = child.send.bind(child);
  let inHand: { close(): unknown } | undefined;
  Object.assign(child, {
    send(...args: Parameters<typeof send>): boolean {
      const [, handle] = args;
      if (typeof handle === 'object' && handle !== null && 'close' in handle) inHand = handle;
      return send(...args);
    },
  });
  child.once('exit', () => inHand?.close());
}
