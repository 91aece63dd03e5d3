/** Loaded into the gateway: tells its memory to whoever started it and asks, the heap after a collection of garbage if wanted. */
process.on('message', ({ collects }) => {
  const rss = process.memoryUsage.rss();
  if (collects) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  process.send({ rss, heapUsed, external });
});
// Whoever started it may go on without it.
process.channel.unref();
