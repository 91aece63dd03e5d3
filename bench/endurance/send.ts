import { Agent, request } from 'node:http';
import type { Request } from './requests.js';

interface Load {
  readonly url: string;
  readonly key: string;
  readonly concurrency: number;
  readonly next: () => Request;
  /** Asked before each request. */
  readonly goesOn: () => boolean;
}

/** A good answer has no member `errors`, which would be the first. */
const ERRORS_WITHIN = 100;

/** Sends requests on so many connections that stay open. Throws if one is not answered as it should be. */
export async function send({ url, key, concurrency, next, goesOn }: Load): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const ask = ({ body, isGood }: Request) =>
    new Promise<void>((resolve, reject) => {
      const sent = request(`${url}/graphql`, { agent, method: 'POST', headers }, (response) => {
        let begin = '';
        response.on('data', (bytes: Buffer) => {
          if (begin.length < ERRORS_WITHIN) begin += bytes.toString('latin1', 0, ERRORS_WITHIN);
        });
        response.on('error', reject).on('end', () => {
          if (isGood === (response.statusCode === 200 && !begin.includes('"errors"'))) resolve();
          else reject(new Error(`${body} was answered ${response.statusCode}: ${begin}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const work = async () => {
    while (goesOn()) await ask(next());
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    agent.destroy();
  }
}
