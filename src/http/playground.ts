import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const MEDIA_TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.ttf', 'font/ttf'],
  ['.woff2', 'font/woff2'],
]);

/**
 * Everything comes from this origin and goes to it. Styles may be inline because the editor sets its own while it runs;
 * scripts may not. The page holds a key, so no other page may frame it.
 */
const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  /** Whether a compressed copy lies beside it. */
  readonly isGzipped: boolean;
}

const PAGE = 'playground.html';

/** Serves the bundled GraphiQL at `/`. Its files hold nothing secret, so no key is asked for. */
export function addPlaygroundRoutes(fastify: FastifyInstance): void {
  const assets = findAssets(join(packageRoot(), 'dist', 'playground'));
  const page = assets.get(PAGE);
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/',
    handler: async (request, reply) => {
      if (page !== undefined) return sendAsset(request, reply, page);
      return reply.code(404).type('text/plain').send('The playground is not built. Run: npm run build\n');
    },
  });
  for (const [name, asset] of assets) {
    if (name === PAGE) continue;
    fastify.route({
      method: ['GET', 'HEAD'],
      url: `/playground/${name}`,
      handler: async (request, reply) => sendAsset(request, reply, asset),
    });
  }
}

async function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset): Promise<FastifyReply> {
  const { path, type, etag, cacheControl, isGzipped } = asset;
  void reply.headers({ ...SECURITY_HEADERS, 'cache-control': cacheControl, etag, vary: 'Accept-Encoding' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  void reply.type(type);
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(request.headers['accept-encoding'] ?? '');
  if (!isGzipped || !takesGzip) return reply.send(await readFile(path));
  return reply.header('content-encoding', 'gzip').send(await readFile(`${path}.gz`));
}

/** The files of the built playground by name, known from the start, so that no path of a request reaches the disk. */
function findAssets(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names) {
    const type = MEDIA_TYPES.get(extname(name));
    if (type === undefined) continue;
    const path = join(folder, name);
    // The page keeps its name; all others carry a hash of their content in it.
    const tag = name === PAGE ? createHash('sha256').update(readFileSync(path)).digest('base64url') : name;
    const cacheControl = name === PAGE ? 'no-cache' : 'public, max-age=31536000, immutable';
    assets.set(name, { path, type, etag: `"${tag}"`, cacheControl, isGzipped: names.includes(`${name}.gz`) });
  }
  return assets;
}

/** The project's folder, from compiled files and from sources alike. */
function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${__dirname}`);
    folder = parent;
  }
  return folder;
}
