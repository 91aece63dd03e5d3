import type { FastifyInstance } from 'fastify';

/** A probe must not wait for a database that has stopped to answer. */
const READY_TIMEOUT_MS = 2_000;

interface HealthOptions {
  readonly isDatabaseReady: () => Promise<boolean>;
  /** The server finishes what it has, and wants no more. */
  readonly isStopping: () => boolean;
}

export function isHealthRoute(url: string): boolean {
  return url === '/healthz' || url === '/readyz';
}

/**
 * `/healthz` says that the process runs, `/readyz` that it can also reach its database and is not about to stop. Neither
 * wants a key, and both answer to the end.
 */
export function addHealthRoutes(fastify: FastifyInstance, { isDatabaseReady, isStopping }: HealthOptions): void {
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/healthz',
    handler: (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  });
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/readyz',
    handler: async (_request, reply) => {
      if (isStopping()) return reply.code(503).header('cache-control', 'no-store').send({ status: 'stopping' });
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
