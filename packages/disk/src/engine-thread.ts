import { Worker } from 'node:worker_threads';
import { CacheError } from '@cache/core';
import type { Failure, OperationName, Operations, Reply, ThreadData } from './protocol.ts';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: CacheError) => void;
  readonly operation: string;
}

/** Sources run as they are, and built ones as JavaScript: the thread's file has this file's ending. */
const THREAD_FILE = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);

/**
 * One of the backend's threads: started by the first thing asked of it, started anew if it dies. Only while it has something to
 * do does it keep the process alive.
 */
export class EngineThread {
  readonly #data: ThreadData;
  readonly #warn: (message: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(data: ThreadData, warn: (message: string) => void) {
    this.#data = data;
    this.#warn = warn;
  }

  /** Begins loading, so that the first to ask waits less. */
  start(): void {
    this.#worker ??= this.#start();
  }

  /**
   * @param operation what the caller did, for errors.
   * @param handedOver memory that belongs to the thread from now on.
   */
  ask<Name extends OperationName>(
    name: Name,
    asked: Operations[Name]['asked'],
    operation: string,
    handedOver: readonly ArrayBuffer[] = [],
  ): Promise<Operations[Name]['answer']> {
    const worker = (this.#worker ??= this.#start());
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, operation });
      worker.ref();
      worker.postMessage({ id, operation: name, asked }, handedOver);
    });
  }

  /** Lets the thread close its store, after all it was asked before, and end. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await this.ask('close', {}, 'close');
    worker.ref();
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(THREAD_FILE, {
      workerData: this.#data,
      name: `disk cache ${this.#data.role}`,
      // Node 22 warns that node:sqlite is experimental, which is not for this package's user to act on. Nothing else the process was
      // started with is for the thread: loaders and instrumentation would only slow its start.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    worker.unref();
    let cause: unknown;
    worker.on('message', (reply: Reply) => this.#hear(reply));
    worker.on('error', (error: unknown) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const [id, { reject, operation }] of this.#waiting) {
        this.#waiting.delete(id);
        reject(failed({ code: 'CACHE_BACKEND_FAILED', message: 'its thread has ended', cause }, operation));
      }
    });
    return worker;
  }

  #hear(reply: Reply): void {
    if ('warning' in reply) return this.#warn(reply.warning);
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (waiting === undefined) return;
    if ('failure' in reply) waiting.reject(failed(reply.failure, waiting.operation));
    else waiting.resolve(reply.answer as never);
  }
}

/** The error for a failure that a thread reports. */
export function failed({ code, message, param, cause }: Failure, operation: string): CacheError {
  return new CacheError(code, `disk: ${operation}: ${message}`, {
    backend: 'disk',
    operation,
    ...(param === undefined ? {} : { param }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The failure of a batch, as one of its operations sees it. */
export function failedAs(error: unknown, operation: string): CacheError {
  if (!CacheError.is(error))
    return failed({ code: 'CACHE_BACKEND_FAILED', message: String(error), cause: error }, operation);
  const message = error.message.replace(/^disk: \w+: /, '');
  return failed(
    {
      code: error.code,
      message,
      ...(error.param === undefined ? {} : { param: error.param }),
      cause: error.cause,
    },
    operation,
  );
}
