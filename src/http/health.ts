import type { FastifyInstance } from 'fastify';

/** A probe must not wait for a database that has stopped to answer. */
const READY_TIMEOUT_MS = 2_000;

/** `/healthz` says that the process runs, `/readyz` that it can also reach its database. Neither wants a key. */
export function addHealthRoutes(fastify: FastifyInstance, isDatabaseReady: () => Promise<boolean>): void {
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/healthz',
    handler: (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  });
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/readyz',
    handler: async (_request, reply) => {
      const isReady = await within(READY_TIMEOUT_MS, isDatabaseReady());
      void reply.code(isReady ? 200 : 503).header('cache-control', 'no-store');
      return { status: isReady ? 'ok' : 'unavailable', database: isReady };
    },
  });
}

/** False if the question fails or is not answered in time. */
async function within(timeoutMs: number, question: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([question.catch(() => false), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
