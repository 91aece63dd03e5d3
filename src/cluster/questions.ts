import { AppError } from '../errors.js';

/** Of a process that is busy or gone; whoever scrapes metrics waits for ten seconds. */
const PATIENCE_MS = 2_000;

/** Questions to other processes that are not answered yet. */
export class Questions<Answer> {
  readonly #open = new Map<number, (answer: Answer) => void>();
  #last = 0;

  /** `send` takes the question there, with its number. Throws UNAVAILABLE if no answer comes in time. */
  ask(send: (question: number) => void): Promise<Answer> {
    const question = (this.#last += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#open.delete(question);
        reject(new AppError('UNAVAILABLE', 'Not all processes of the server answer at the moment.'));
      }, PATIENCE_MS).unref();
      this.#open.set(question, (answer) => {
        clearTimeout(timer);
        this.#open.delete(question);
        resolve(answer);
      });
      send(question);
    });
  }

  /** Of a question that nobody waits for any more it does nothing. */
  answer(question: number, answer: Answer): void {
    this.#open.get(question)?.(answer);
  }
}
