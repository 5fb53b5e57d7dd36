import { lastTier, type OpenedStore } from '@cache/proxy';

/** What the operator reads of the backend soon after the start. The proxy serves meanwhile, and without it too. */
export async function backendReport(opened: OpenedStore): Promise<string> {
  const { name, store, describe } = lastTier(opened);
  try {
    await store.ping();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `warning: the cache backend does not answer, every lookup is a miss until it does: ${reason}`;
  }
  const description = await describe?.().catch(() => undefined);
  return `The cache backend ${name} answers${detailsOf(description)}.`;
}

/** Plain values only: what else a backend has to say is for `/cache/ping`. */
function detailsOf(description: Readonly<Record<string, unknown>> = {}): string {
  const details = Object.entries(description)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([member, value]) => `${member} ${String(value)}`);
  return details.length === 0 ? '' : ` (${details.join(', ')})`;
}
