import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningApp } from './app.fixture.ts';

/** One answer as a client saw it. */
export interface Seen {
  readonly status: number;
  readonly isHit: boolean;
  readonly milliseconds: number;
  /** Since the traffic began. */
  readonly at: number;
}

/** A few clients that ask the same questions over and over. */
export interface Traffic {
  /** Everything seen so far; a request that failed has status 0. */
  readonly seen: readonly Seen[];
  /** Milliseconds since it began. */
  readonly now: () => number;
  /** Resolves once `count` answers in a row, begun from now on, were hits; rejects after `withinMilliseconds`. */
  readonly hits: (count: number, withinMilliseconds: number) => Promise<void>;
  /** Resolves once `count` further answers were seen. */
  readonly answers: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const CLIENTS = 4;
const QUESTIONS = 20;
const PAUSE_MILLISECONDS = 5;
const MOST_REQUESTS = 50_000;

/** Keeps asking until stopped, bounded in number. */
export function startTraffic({ url }: RunningApp): Traffic {
  const seen: Seen[] = [];
  const startedAt = performance.now();
  const now = (): number => performance.now() - startedAt;
  let stopped = false;

  const client = async (first: number): Promise<void> => {
    for (let n = first; !stopped && seen.length < MOST_REQUESTS; n += CLIENTS) {
      seen.push(await ask(url, n % QUESTIONS, now));
      await sleep(PAUSE_MILLISECONDS);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));

  const until = async (isTrue: () => boolean, withinMilliseconds: number, what: string): Promise<void> => {
    const deadline = now() + withinMilliseconds;
    while (!isTrue()) {
      if (now() > deadline) throw new Error(`no ${what} within ${withinMilliseconds} ms`);
      await sleep(PAUSE_MILLISECONDS);
    }
  };
  return {
    seen,
    now,
    hits: (count, withinMilliseconds) => {
      const from = seen.length + CLIENTS;
      const isHitting = (): boolean => {
        const last = seen.slice(Math.max(from, seen.length - count));
        return last.length >= count && last.every(({ isHit }) => isHit);
      };
      return until(isHitting, withinMilliseconds, `${count} hits in a row`);
    },
    answers: (count) => {
      const target = seen.length + count;
      return until(() => seen.length >= target, 60_000, `${count} further answers`);
    },
    async stop() {
      stopped = true;
      await clients;
    },
  };
}

async function ask(url: string, question: number, now: () => number): Promise<Seen> {
  const at = now();
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `Question ${question}` }] }),
      signal: AbortSignal.timeout(20_000),
    });
    await response.arrayBuffer();
    const isHit = response.headers.get('cache-status')?.startsWith('llm-cache;hit') === true;
    return { status: response.status, isHit, milliseconds: now() - at, at };
  } catch {
    return { status: 0, isHit: false, milliseconds: now() - at, at };
  }
}
