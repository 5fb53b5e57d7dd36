import { lastTier, probe, type OpenedStore } from '@cache/proxy';
import type { LastFailure } from './last-failure.ts';

export interface BackendReportOptions {
  readonly opened: OpenedStore;
  readonly namespace: string | undefined;
  /** Hears what `opened` tells its observer. */
  readonly failures: LastFailure;
}

/** What the operator reads of the backend soon after the start. The proxy serves meanwhile, and without it too. */
export async function backendReport({ opened, namespace, failures }: BackendReportOptions): Promise<string> {
  const { name, store, describe } = lastTier(opened);
  try {
    await store.ping();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `warning: the cache backend does not answer, every lookup is a miss until it does: ${reason}`;
  }
  failures.forget();
  // A replica, a user without the right to write, a full disk, one node of a Cluster: all of them answer.
  if (!(await probe(store, namespace).catch(() => false))) {
    const reason = failures.reason === undefined ? '' : `: ${failures.reason}`;
    return `warning: the cache backend ${name} answers, but an entry written to it was not found again${reason}`;
  }
  const description = await describe?.().catch(() => undefined);
  return `The cache backend ${name} answers${detailsOf(description)}.`;
}

/** Plain values only: what else a backend has to say is for `/cache/ping`. */
function detailsOf(description: Readonly<Record<string, unknown>> = {}): string {
  const details = Object.entries(description)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '')
    .map(([member, value]) => `${member} ${String(value)}`);
  return details.length === 0 ? '' : ` (${details.join(', ')})`;
}
