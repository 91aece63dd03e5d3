import cluster, { type Worker } from 'node:cluster';
import type { MetricsSnapshot } from '../http/metrics.js';
import type { Logger } from '../logger.js';
import { closeLostConnection } from './close-lost-connection.js';
import type { Assignment, FromPrimary, FromWorker } from './messages.js';
import { Questions } from './questions.js';
import { Restarts } from './restarts.js';

interface WorkersOptions {
  /** The file that a worker runs. */
  readonly program: string;
  readonly count: number;
  readonly assignment: Omit<Assignment, 'number'>;
  readonly logger: Logger;
  /** One of them dies again and again, so it makes no sense to go on. */
  readonly onExhausted: (reason: string) => void;
}

export interface Workers {
  readonly url: string;
  /** Settles when all have finished their requests in flight and are gone. */
  stop(): Promise<void>;
}

/** Workers drain for up to 8 s; the database is to be closed in order before 10 s are over. */
const STOP_WITHIN_MS = 8_800;

/**
 * Starts processes that serve on one port, and replaces those that die. They end when this process does, however it ends:
 * Node ends a worker whose channel to its primary closes. Rejects with the fault of a worker that cannot start.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { count, assignment, logger, onExhausted } = options;
  cluster.setupPrimary({
    exec: options.program,
    // JSON has no word for the numbers that metrics may be.
    serialization: 'advanced',
  });
  let isStopping = false;
  const living = new Set<Worker>();
  const ready = new Set<Worker>();
  const metrics = new Questions<MetricsSnapshot>();

  /** Tells every worker's metrics to the one that asks. It gives up by itself if one of the others does not answer. */
  const gatherMetrics = async (asker: Worker, question: number, projectId: string) => {
    const asked = [...ready].map((worker) =>
      metrics.ask((own) => tell(worker, { kind: 'tellMetrics', question: own, projectId })),
    );
    const answers = await Promise.allSettled(asked);
    const snapshots = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    if (snapshots.length === asked.length) tell(asker, { kind: 'metricsOfAll', question, snapshots });
  };

  /** `onReady` is told its address, once; `onEnd` how it ended, and by what fault if it could not start. */
  const launch = (number: number, onReady: (url: string) => void, onEnd: (how: string, fault?: Error) => void) => {
    const worker = cluster.fork();
    closeLostConnection(worker);
    let fault: Error | undefined;
    living.add(worker);
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'awake':
          return tell(worker, { kind: 'serve', assignment: { ...assignment, number } });
        case 'ready':
          ready.add(worker);
          return onReady(message.url);
        case 'failed':
          fault = Object.assign(new Error(message.message), { code: message.code });
          return;
        case 'ownMetrics':
          return metrics.answer(message.question, message.snapshot);
        case 'askMetrics':
          void gatherMetrics(worker, message.question, message.projectId);
      }
    });
    // A channel that breaks is told here, and then the worker is about to end.
    worker.on('error', (error) => logger.warn({ worker: number, err: error }, 'a worker could not be reached'));
    worker.once('exit', (code, signal) => {
      living.delete(worker);
      ready.delete(worker);
      onEnd(signal ?? `exit status ${code}`, fault);
    });
  };

  /** Keeps a worker of this number until all stop; settles with the address when the first of them is ready. */
  const keep = (number: number): Promise<string> => {
    const restarts = new Restarts();
    return new Promise((resolve, reject) => {
      let wasReady = false;
      const onReady = (url: string) => {
        if (wasReady) logger.info({ worker: number }, 'a worker serves in place of the one that ended');
        wasReady = true;
        resolve(url);
      };
      const start = () => {
        const startedAt = performance.now();
        launch(number, onReady, (how, fault) => {
          if (isStopping) return;
          if (!wasReady) {
            reject(fault ?? new Error(`worker ${number} ended at its start: ${how}`));
            return;
          }
          const pauseMs = restarts.pauseAfter(performance.now() - startedAt);
          const facts = { worker: number, how, ...(fault !== undefined && { err: fault }), pauseMs };
          if (pauseMs === undefined) {
            onExhausted(`worker ${number} ends again and again (${fault?.message ?? how})`);
            return;
          }
          logger.error(facts, 'a worker ended by itself and is replaced');
          setTimeout(() => {
            if (!isStopping) start();
          }, pauseMs);
        });
      };
      start();
    });
  };

  const stop = async () => {
    isStopping = true;
    const gone = [...living].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of living) {
      // One that is not ready holds nothing that must be finished.
      if (ready.has(worker)) tell(worker, { kind: 'stop' });
      else worker.process.kill('SIGKILL');
    }
    const deadline = setTimeout(() => living.forEach((worker) => worker.process.kill('SIGKILL')), STOP_WITHIN_MS);
    await Promise.all(gone);
    clearTimeout(deadline);
  };

  try {
    const [url] = await Promise.all(Array.from({ length: count }, (_, index) => keep(index + 1)));
    return { url: url!, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

function tell(worker: Worker, message: FromPrimary): void {
  // One that has just ended is told of by its exit.
  if (worker.isConnected()) worker.send(message, () => undefined);
}
