/** Who the key says is asking. */
export interface Viewer {
  readonly name: string;
  readonly role: string;
  readonly project: { readonly name: string };
}

/** The server does not take the key. */
export class WrongKey extends Error {}

// Relative to the page, so that the playground also works below a path of a proxy.
const ENDPOINT = new URL('graphql', document.baseURI);

/** Sends one operation. Answers with errors are answers too; throws WrongKey, or an Error that says what to do. */
export async function sendOperation(
  key: string,
  operation: object,
  headers: Record<string, string> = {},
): Promise<{ data?: unknown; errors?: unknown[] }> {
  let response: Response;
  try {
    response = await fetch(ENDPOINT, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        authorization: `Bearer ${key}`,
        ...headers,
      },
      body: JSON.stringify(operation),
    });
  } catch {
    throw new Error('The server cannot be reached. Is it still running?');
  }
  if (response.status === 401) throw new WrongKey('The server does not accept this key.');
  try {
    return (await response.json()) as { data?: unknown; errors?: unknown[] };
  } catch {
    throw new Error(`The server answered ${response.status} without JSON. Is there a proxy in between?`);
  }
}

/** Tries the key with the cheapest question there is. */
export async function fetchViewer(key: string): Promise<Viewer> {
  const { data, errors } = await sendOperation(key, {
    query: 'query Viewer { viewer { name role project { name } } }',
  });
  const viewer = (data as { viewer?: Viewer } | null | undefined)?.viewer;
  if (viewer) return viewer;
  const [error] = (errors ?? []) as { message?: string }[];
  throw new Error(error?.message ?? 'The server gave no answer to who this key belongs to.');
}
