import { connect, type Socket } from 'node:net';
import { Client } from 'pg';

/** Codes of the protocol for what may be sent before a session begins. */
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;

/** What a connection is known by to the server, as it told at its start. */
export interface Backend {
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * The process that takes a server's connections, asked outside of the pool and without a session: it answers while all
 * connections are busy, needs no password, and what is asked here does not count as a connection.
 */
export class Postmaster {
  readonly #host: string;
  readonly #port: number;

  constructor(url: string) {
    // Never connected: it knows the defaults of an address.
    ({ host: this.#host, port: this.#port } = new Client({ connectionString: url }));
  }

  /**
   * Whether the server says anything at all in time. Asked is whether it speaks TLS, to which every server and pooler has
   * an answer.
   */
  isAnswering(timeoutMs: number): Promise<boolean> {
    const request = Buffer.alloc(8);
    request.writeInt32BE(request.length, 0);
    request.writeInt32BE(SSL_REQUEST, 4);
    return this.#ask(request, timeoutMs);
  }

  /** Asks to cancel what the backend does at the moment. Whether it was heeded, nobody tells. */
  async cancel({ processID, secretKey }: Backend, timeoutMs: number): Promise<void> {
    const request = Buffer.alloc(16);
    request.writeInt32BE(request.length, 0);
    request.writeInt32BE(CANCEL_REQUEST, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    await this.#ask(request, timeoutMs);
  }

  /** True once a byte comes; false if the connection ends, fails, or stays silent. */
  #ask(request: Buffer, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = this.#open();
      socket.unref();
      const end = (answered: boolean) => {
        clearTimeout(timer);
        socket.destroy();
        resolve(answered);
      };
      // After a pause of this process an answer may have come that is only read after the timers.
      const timer = setTimeout(() => setImmediate(end, false), timeoutMs).unref();
      socket.on('connect', () => socket.write(request));
      socket.on('data', () => end(true));
      socket.on('error', () => end(false));
      socket.on('close', () => end(false));
    });
  }

  #open(): Socket {
    // A folder stands for the socket file in it.
    if (this.#host.startsWith('/')) return connect(`${this.#host}/.s.PGSQL.${this.#port}`);
    return connect(this.#port, this.#host);
  }
}
