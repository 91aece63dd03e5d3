/** A device with credentials of its own, as a test needs it. */
import { clientOf, type TestClient } from './server.js';

export interface DeviceCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tokenUrl: string;
}

export async function issueCredentials(client: TestClient, deviceSerial: string): Promise<DeviceCredentials> {
  const { issueDeviceCredentials } = await client.ask<{ issueDeviceCredentials: DeviceCredentials }>(
    `mutation ($deviceSerial: String!) {
      issueDeviceCredentials(input: {deviceSerial: $deviceSerial}) { clientId clientSecret tokenUrl } }`,
    { deviceSerial },
  );
  return issueDeviceCredentials;
}

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Asks for a token by form, as most clients do. */
export async function requestToken({ clientId, clientSecret, tokenUrl }: DeviceCredentials): Promise<TokenAnswer> {
  return postForm(tokenUrl, { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
}

export async function postForm(
  url: string,
  form: Readonly<Record<string, string>> | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(url, { method: 'POST', body, headers: { ...type, ...headers } });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

/** A client with a new token of these credentials. */
export async function deviceClient(
  { endpoint }: { readonly endpoint: string },
  credentials: DeviceCredentials,
): Promise<TestClient> {
  const { status, body } = await requestToken(credentials);
  expect([status, body]).toEqual([200, expect.objectContaining({ access_token: expect.any(String) as string })]);
  return clientOf(endpoint, body['access_token'] as string);
}
