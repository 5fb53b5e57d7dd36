import type { S3Client } from '@aws-sdk/client-s3';

/**
 * Sends requests to S3, so many at a time, the others in order. Left to the client's agent to queue, they would wait on
 * the time their connection may take, and a busy moment would look like a dead server.
 */
export class Requests {
  readonly #client: S3Client;
  readonly #maxConcurrent: number;
  /** A set, so that the one that leaves out of turn is not searched for. */
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(client: S3Client, maxConcurrent: number) {
    this.#client = client;
    this.#maxConcurrent = maxConcurrent;
  }

  /** Rejects with the signal's reason if it is aborted before the request's turn. */
  async send<T>(abortSignal: AbortSignal, request: (client: S3Client) => Promise<T>): Promise<T> {
    abortSignal.throwIfAborted();
    if (this.#running >= this.#maxConcurrent) await this.#turn(abortSignal);
    else this.#running += 1;
    try {
      return await request(this.#client);
    } finally {
      this.#passOn();
    }
  }

  #turn(abortSignal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        abortSignal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(begin);
        reject(abortSignal.reason as Error);
      };
      this.#waiting.add(begin);
      abortSignal.addEventListener('abort', leave, { once: true });
    });
  }

  #passOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
