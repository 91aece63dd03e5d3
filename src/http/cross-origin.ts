import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** Of every answer. None of them is a page, so nothing may run in one; the playground's files say otherwise of themselves. */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

const PREFLIGHT_SECONDS = 600;

/** Lets pages of these origins call and read the answers; `*` alone for all. Never with cookies: keys are sent by header. */
export async function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): Promise<void> {
  await fastify.register(cors, {
    origin: origins[0] === '*' ? '*' : [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'apollo-require-preflight',
      'x-apollo-operation-name',
      'x-fleetgraph-plan',
      'x-request-id',
    ],
    exposedHeaders: ['retry-after', 'x-request-id'],
    credentials: false,
    maxAge: PREFLIGHT_SECONDS,
  });
}
