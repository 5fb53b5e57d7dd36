import type { Log, Proxy } from '@cache/proxy';

export interface CloseOnSignalOptions {
  readonly proxy: Proxy;
  readonly log: Log;
  readonly say: (lines: readonly string[]) => void;
}

/** Finishes what is in flight at the first SIGINT or SIGTERM and ends with code 0; a second one ends at once. */
export function closeOnSignal({ proxy, log, say }: CloseOnSignalOptions): void {
  let closing = false;
  const close = (signal: NodeJS.Signals): void => {
    if (closing) process.exit(signal === 'SIGINT' ? 130 : 143);
    closing = true;
    say([`${signal}: finishing what is in flight; once more ends at once.`]);
    void proxy
      .close()
      .then(() => log.flush())
      .then(() => process.exit(0));
  };
  process.on('SIGINT', close);
  process.on('SIGTERM', close);
}
