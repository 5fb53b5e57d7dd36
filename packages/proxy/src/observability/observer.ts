import type { CacheEvent, CacheObserver } from '@cache/core';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/**
 * Counts everything the engine reports, and says what an operator must know: a backend that goes down or comes back is one
 * line, however many requests notice. With `verbose`, decisions too; never the text of a message.
 */
export function observerOf({ logger }: Log, metrics: Metrics, verbose: boolean): CacheObserver {
  return (event) => {
    metrics.event(event);
    if (event.type === 'backend_state') sayState(logger, event);
    else if (event.type === 'bus_state') sayBusState(logger, event);
    else if (isCut(event)) logger.warn({ key: event.key }, 'the answer of the provider broke off');
    else if (verbose)
      logger.debug({ ...event, error: undefined }, `cache ${event.type.replaceAll('_', ' ')}`);
  };
}

/** A stream's head was sent with 200 by then: the line of the request cannot tell. */
function isCut(event: CacheEvent): event is CacheEvent & { type: 'not_stored' } {
  return event.type === 'not_stored' && event.reason === 'cut';
}

function sayState(
  logger: Log['logger'],
  { backend, state, error }: CacheEvent & { type: 'backend_state' },
): void {
  if (state === 'up') logger.info({ backend }, 'cache backend answers again');
  else
    logger.warn(
      { backend, reason: error instanceof Error ? error.message : String(error) },
      'cache backend is down: every lookup is a miss',
    );
}

function sayBusState(
  logger: Log['logger'],
  { backend, state, error }: CacheEvent & { type: 'bus_state' },
): void {
  if (state === 'up') logger.info({ backend }, 'deletions by other processes are heard again');
  else
    logger.warn(
      { backend, reason: error instanceof Error ? error.message : String(error) },
      'deletions by other processes are not heard: what they delete may be answered from memory for a while',
    );
}
