import type { Clock } from '@cache/core';
import { ProviderTimeout } from '../errors/http-error.ts';
import type { Deployment } from './deployment.ts';

/** What a deployment without a `timeout` gives an answer, in milliseconds: the OpenAI SDK's ten minutes. */
export const DEFAULT_TIMEOUT_MILLISECONDS = 600_000;

/** Watches one call; its signal is aborted with a ProviderTimeout when the provider is too slow. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** A piece is being waited for. Time the reader takes for itself is not the provider's. */
  readonly waiting: () => void;
  /** It came. */
  readonly arrived: () => void;
  /** The answer is complete, or given up. */
  readonly end: () => void;
}

/** A whole answer has one limit from the call to its last byte; a stream has one for each piece, the first included. */
export function limitTime(deployment: Deployment, isStream: boolean, clock: Clock): TimeLimit {
  const { timeoutMilliseconds = DEFAULT_TIMEOUT_MILLISECONDS } = deployment;
  const { streamTimeoutMilliseconds = timeoutMilliseconds } = deployment;
  const milliseconds = isStream ? streamTimeoutMilliseconds : timeoutMilliseconds;
  const abort = new AbortController();
  const expire = (): void => abort.abort(new ProviderTimeout(message(deployment, milliseconds, isStream)));
  let cancel: (() => void) | undefined = clock.schedule(milliseconds, expire);
  const stop = (): void => {
    cancel?.();
    cancel = undefined;
  };
  const restart = (): void => {
    cancel ??= clock.schedule(milliseconds, expire);
  };
  return {
    signal: abort.signal,
    waiting: isStream ? restart : ignore,
    arrived: isStream ? stop : ignore,
    end: stop,
  };
}

function message({ apiBase }: Deployment, milliseconds: number, isStream: boolean): string {
  const what = isStream ? 'gone on with its stream' : 'completed its answer';
  return `The provider (${new URL(apiBase).host}) has not ${what} within ${milliseconds / 1000} seconds.`;
}

function ignore(): void {
  // A whole answer has one limit, whatever comes when.
}
