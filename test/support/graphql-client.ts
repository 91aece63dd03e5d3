/** An answer of the endpoint as a test looks at it. */
export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: GraphqlBody;
}

interface GraphqlBody {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphqlFault[];
  readonly extensions?: Record<string, unknown>;
}

interface GraphqlFault {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly requestId: string; readonly field?: string } & Record<
    string,
    unknown
  >;
}

/** Sends one operation to the endpoint `url` (with /graphql) and parses the answer, whatever its status. */
export async function graphql(
  url: string,
  key: string | undefined,
  query: string,
  variables?: Record<string, unknown>,
): Promise<GraphqlAnswer> {
  return post(url, key, JSON.stringify({ query, variables }));
}

/** As `graphql`, for bodies and headers that a client would not send. */
export async function post(
  url: string,
  key: string | undefined,
  body: string | Uint8Array<ArrayBuffer> | undefined,
  headers: Record<string, string> = {},
): Promise<GraphqlAnswer> {
  return send(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...headers },
  });
}

/** Any request; the answer must be JSON. */
export async function send(url: string, init: RequestInit): Promise<GraphqlAnswer> {
  const response = await fetch(url, {
    ...init,
    headers: { accept: 'application/graphql-response+json', ...(init.headers as Record<string, string>) },
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as GraphqlBody };
}
