/** Sends one request and answers with the member `data`; throws for anything but a plain success. */
export type Client = (path: string, body: string) => Promise<unknown>;

export function createClient(url: string, key: string): Client {
  return async (path, body) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body,
    });
    const text = await response.text();
    const answer = JSON.parse(text) as { data?: unknown; errors?: unknown };
    if (response.status !== 200 || answer.errors !== undefined || !answer.data) {
      throw new Error(`${url}${path} answered ${response.status}: ${text.slice(0, 1_000)}`);
    }
    return answer.data;
  };
}
