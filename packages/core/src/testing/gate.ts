/** Where something waits until a test lets it go on: what a sleep would only guess at. */
export interface Gate {
  /** Resolves once something waits at the gate, or has passed it. */
  readonly reached: Promise<void>;
  /** Whether {@link release} was called. */
  readonly isOpen: boolean;
  /** Lets through what waits now and whatever comes later. Calling it again does nothing. */
  release(): void;
  /** Waits here until {@link release}. */
  pass(): Promise<void>;
}

/** Makes a closed gate. */
export function createGate(): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  let isOpen = false;
  return {
    reached: reached.promise,
    get isOpen() {
      return isOpen;
    },
    release() {
      isOpen = true;
      opened.resolve();
    },
    pass() {
      reached.resolve();
      return opened.promise;
    },
  };
}
