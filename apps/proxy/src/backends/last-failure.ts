import type { CacheObserver } from '@cache/core';

/** Remembers why an operation of a backend failed, where the cache goes on without saying so. */
export class LastFailure {
  #reason: string | undefined;

  /** The message of the last failure since it was forgotten. */
  get reason(): string | undefined {
    return this.#reason;
  }

  forget(): void {
    this.#reason = undefined;
  }

  /** `observer`, and an ear on what it hears. */
  heardBy(observer: CacheObserver): CacheObserver {
    return (event) => {
      if (event.type === 'backend_failure')
        this.#reason = event.error instanceof Error ? event.error.message : String(event.error);
      observer(event);
    };
  }
}
