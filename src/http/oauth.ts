import OAuth2Server from '@node-oauth/oauth2-server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DEVICE_TOKEN_LIFETIME_SECONDS, type DeviceClient, type DeviceClients } from '../auth/device-clients.js';
import { AppError, ERROR_CODES } from '../errors.js';
import type { Logger } from '../logger.js';
import { Allowances } from './allowances.js';
import { headersOf } from './answer-status.js';
import { logOperation } from './operation-log.js';

const TOKEN_ENDPOINT = '/oauth/token';
const GRANT = 'client_credentials';
const BODY_LIMIT_BYTES = 16 * 1024;

/** All that the one grant knows. What else is in a form is ignored (RFC 6749, 3.2). */
const PARAMETERS = ['grant_type', 'client_id', 'client_secret', 'scope'] as const;
type Form = Partial<Record<(typeof PARAMETERS)[number], string>>;

const NEVER_STORED = { 'cache-control': 'no-store', pragma: 'no-cache' };

/**
 * Wrong secrets of one client. They cannot be guessed, but a device with an old one that asks for ever should cost nothing.
 * By client and not by address: behind a proxy all have the same.
 */
const WRONG_SECRETS = { burst: 20, perSecond: 1, concurrent: 0, pointsAtOnce: Infinity };

/** `/oauth/token`: client_credentials of RFC 6749 for devices, as a form or as Basic. Errors are in OAuth's form. */
export function addTokenRoute(fastify: FastifyInstance, deviceClients: DeviceClients, logger: Logger): void {
  const clients = withFewFailures(deviceClients);
  // A scope of its own: forms are understood here and nowhere else, so that no web page can post one to GraphQL.
  void fastify.register(async (routes) => {
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES }, (_request, text, done) =>
      done(null, text),
    );
    routes.setErrorHandler((error, request, reply) => {
      const answer = refusalOf(error);
      request.scope.errorCode = answer.body.error;
      if (answer.status === 500) logger.error({ err: error, requestId: request.id }, 'no token could be issued');
      return reply
        .code(answer.status)
        .headers({ ...NEVER_STORED, ...answer.headers })
        .send(answer.body);
    });
    routes.route({
      method: routes.supportedMethods,
      url: TOKEN_ENDPOINT,
      onRequest: async (request) => {
        request.scope.operationName = TOKEN_ENDPOINT;
        if (request.method !== 'POST') throw new WrongMethod();
      },
      handler: async (request, reply) => reply.headers(NEVER_STORED).send(await answerTokenRequest(clients, request)),
      onResponse: async (request, reply) => logOperation(logger, request.scope, reply.statusCode, reply.elapsedTime),
    });
  });
}

/** The same clients; throws RATE_LIMITED for one of which too many wrong secrets came, without looking. */
function withFewFailures(clients: DeviceClients): DeviceClients {
  const failures = new Allowances(WRONG_SECRETS);
  return {
    ...clients,
    async find(clientId, secret) {
      // Ids of ours are shorter; what is longer is not worth remembering.
      const account = clientId.slice(0, 64);
      failures.charge(account, 0);
      const client = await clients.find(clientId, secret);
      if (client === null) failures.charge(account, 1);
      return client;
    },
  };
}

class WrongMethod extends Error {}

/** The body of a successful answer. Throws the library's OAuthError, or what the database threw inside of one. */
async function answerTokenRequest(clients: DeviceClients, request: FastifyRequest): Promise<unknown> {
  const form = parseForm(request.body);
  const authorization = request.headers.authorization;
  if (authorization !== undefined && form.client_secret !== undefined) {
    throw new OAuth2Server.InvalidRequestError('Invalid request: credentials in the header and in the form');
  }
  if (form.grant_type !== undefined && form.grant_type !== GRANT) {
    throw new OAuth2Server.UnsupportedGrantTypeError(`Unsupported grant type: only ${GRANT}`);
  }
  const server = new OAuth2Server({
    model: modelOf(clients, request),
    accessTokenLifetime: DEVICE_TOKEN_LIFETIME_SECONDS,
  });
  const response = new OAuth2Server.Response();
  const headers = {
    ...(request.headers as Record<string, string>),
    ...(authorization !== undefined && { authorization: decodeBasic(authorization) }),
  };
  await server.token(new OAuth2Server.Request({ headers, method: request.method, query: {}, body: form }), response);
  return response.body;
}

/** What the library asks of us, for one request. */
function modelOf(clients: DeviceClients, request: FastifyRequest): OAuth2Server.ClientCredentialsModel {
  return {
    async getClient(clientId, secret) {
      const client = await clients.find(clientId, secret);
      if (client === null) return null;
      request.scope.viewerName = clientId;
      return { id: clientId, grants: [GRANT], device: client };
    },
    // The device is the client and the user at once.
    getUserFromClient: async ({ id }) => ({ id }),
    // There are no scopes: what a device may do is fixed. A caller who asks for one must not think that he got it.
    validateScope: async (_user, _client, scope) => (scope === undefined ? [] : false),
    async saveToken(_token, client, user) {
      const issued = await clients.issueToken(client['device'] as DeviceClient);
      if (issued === null) throw new OAuth2Server.InvalidClientError('Invalid client: client is invalid');
      return { accessToken: issued.token, accessTokenExpiresAt: issued.expiresAt, client, user };
    },
    // Of the library's own way to check tokens, which is not used: they are credentials among others (src/auth).
    getAccessToken: async () => null,
  };
}

/** Parameters without a value count as absent; one that is given twice makes the request invalid (RFC 6749, 3.2). */
function parseForm(body: unknown): Form {
  const given = new URLSearchParams(typeof body === 'string' ? body : '');
  const form: Form = {};
  for (const name of PARAMETERS) {
    const [value, another] = given.getAll(name);
    if (another !== undefined) throw new OAuth2Server.InvalidRequestError(`Invalid request: \`${name}\` is repeated`);
    if (value !== undefined && value !== '') form[name] = value;
  }
  return form;
}

/** RFC 6749, 2.3.1: id and secret are form-encoded each before they become Basic, which the library does not undo. */
function decodeBasic(authorization: string): string {
  const [, token = ''] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  const text = Buffer.from(token, 'base64').toString();
  try {
    return `Basic ${Buffer.from(decodeURIComponent(text.replaceAll('+', ' '))).toString('base64')}`;
  } catch {
    return authorization;
  }
}

interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly error_description: string };
}

function refusalOf(fault: unknown): Refusal {
  const refusal = (status: number, error: string, description: string, headers: Record<string, string> = {}) => ({
    status,
    headers,
    body: { error, error_description: description },
  });
  if (fault instanceof WrongMethod) {
    return refusal(405, 'invalid_request', 'Invalid request: method must be POST', { allow: 'POST' });
  }
  // The library wraps what the model throws.
  const inner = fault instanceof OAuth2Server.ServerError ? (fault as { inner?: unknown }).inner : fault;
  if (inner instanceof AppError) {
    const { status } = ERROR_CODES[inner.code];
    if (status === 503) return refusal(503, 'temporarily_unavailable', inner.message, headersOf(inner.code));
    if (status === 504) return refusal(503, 'temporarily_unavailable', inner.message, headersOf('UNAVAILABLE'));
    if (inner.code === 'RATE_LIMITED') {
      const description = 'Too many wrong secrets; try again later.';
      return refusal(status, 'temporarily_unavailable', description, headersOf(inner.code, inner.details));
    }
    // The device was deleted while its token was made.
    if (inner.code === 'CONFLICT') return refusal(401, 'invalid_client', 'Invalid client: client is invalid');
  }
  if (inner instanceof OAuth2Server.InvalidClientError) {
    return refusal(401, inner.name, inner.message, { 'www-authenticate': 'Basic realm="fleetgraph"' });
  }
  if (inner instanceof OAuth2Server.OAuthError && inner.code < 500) return refusal(400, inner.name, inner.message);
  // Fastify's own: a body that is too long or was cut off.
  const status = inner instanceof Error && 'statusCode' in inner ? Number(inner.statusCode) : 500;
  if (status === 413) return refusal(413, 'invalid_request', 'Invalid request: the body is too long');
  if (status >= 400 && status < 500) return refusal(400, 'invalid_request', 'Invalid request');
  return refusal(500, 'server_error', 'Something went wrong in the server.');
}
