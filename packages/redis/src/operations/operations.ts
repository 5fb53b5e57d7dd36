import type { CacheErrorCode, OperationOptions } from '@cache/core';
import { codedError, ownError } from './coded-error.ts';

/**
 * What every operation has in common: it fails with a coded error, ends at once when its signal is aborted or all is
 * closed, whatever the client does, and begins no more after that.
 */
export class Operations {
  /** Not listeners of one signal: Node walks through all it has for each that comes and goes. */
  readonly #underWay = new Set<() => void>();
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Does `work`. What the client still answers after the end goes nowhere.
   * @throws CacheError `CACHE_CLOSED`, `CACHE_ABORTED`, or what the client's error amounts to.
   */
  async run<T>(operation: string, options: OperationOptions | undefined, work: () => Promise<T>): Promise<T> {
    const signal = options?.signal;
    if (this.isClosed) throw ownError('CACHE_CLOSED', operation, 'after close');
    if (signal?.aborted) throw ownError('CACHE_ABORTED', operation, 'was told to stop', signal.reason);
    return new Promise<T>((resolve, reject) => {
      const end = (): void => {
        signal?.removeEventListener('abort', onAbort);
        this.#underWay.delete(onClose);
      };
      const fail = (code: CacheErrorCode, what: string, cause?: unknown): void => {
        end();
        reject(ownError(code, operation, what, cause));
      };
      const onAbort = (): void => fail('CACHE_ABORTED', 'was told to stop', signal?.reason);
      const onClose = (): void => fail('CACHE_CLOSED', 'was under way at close');
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#underWay.add(onClose);
      begun(work).then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(codedError(operation, error));
        },
      );
    });
  }

  /** Ends what is under way and refuses the rest. */
  close(): void {
    this.#isClosed = true;
    for (const onClose of this.#underWay) onClose();
  }
}

/** What `work` throws before it has a promise is its failure too. */
async function begun<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
