import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CacheEvent, MemoryStoreStatistics, Outcome, ProviderAnswer } from '@cache/core';
import { measuredProvider } from './measured-provider.ts';
import { createMetrics, type Metrics } from './metrics.ts';

const ABOUT = { key: 'k', callType: 'chat_completion', model: 'fast' };
const HIT: Outcome = { type: 'hit', key: 'k', ageSeconds: 1, stale: false, source: 'local' };

let metrics: Metrics;
let observe: (event: CacheEvent) => void;

beforeEach(() => {
  metrics = createMetrics({ models: ['fast', 'slow'], processMetrics: false });
  observe = (event) => metrics.event(event);
});

/** The samples of one metric, as they are scraped. */
async function samples(name: string): Promise<string[]> {
  const lines = (await metrics.render()).split('\n');
  return lines.filter((line) => line.startsWith(name) && !line.includes('_bucket'));
}

function miss(changes: Partial<CacheEvent & { type: 'miss' }> = {}): CacheEvent {
  return { type: 'miss', ...ABOUT, reason: 'absent', collapsed: false, ...changes };
}

describe('hits and misses', () => {
  it("are counted by model, under the names LiteLLM's dashboards ask for", async () => {
    observe({ type: 'hit', ...ABOUT, stale: false });
    observe({ type: 'hit', ...ABOUT, stale: true });
    observe(miss());
    observe(miss({ model: 'slow', reason: 'no_cache' }));
    expect(await samples('litellm_cache_hits_metric_total')).toEqual([
      'litellm_cache_hits_metric_total{model="fast"} 2',
    ]);
    expect(await samples('litellm_cache_misses_metric_total')).toEqual([
      'litellm_cache_misses_metric_total{model="fast",reason="absent"} 1',
      'litellm_cache_misses_metric_total{model="slow",reason="no_cache"} 1',
    ]);
  });

  it('are announced before the first one', async () => {
    expect(await metrics.render()).toContain('# TYPE litellm_cache_hits_metric_total counter');
  });

  it('cannot be made into time series by clients that invent models', async () => {
    for (let index = 0; index < 1000; index++) {
      observe({ type: 'hit', ...ABOUT, model: `invented-${index}`, stale: false });
      observe(miss({ model: `invented-${index}` }));
      metrics.provider(`invented-${index}`, 'answered', 1);
    }
    expect(await samples('litellm_cache_hits_metric_total')).toEqual([
      'litellm_cache_hits_metric_total{model="other"} 1000',
    ]);
    expect(await samples('litellm_cache_misses_metric_total')).toHaveLength(1);
    expect(await samples('litellm_llm_api_latency_metric_count')).toHaveLength(1);
  });

  it('tell the requests that shared a call', async () => {
    observe(miss({ collapsed: true }));
    observe(miss());
    expect(await samples('llm_cache_collapsed_total')).toEqual(['llm_cache_collapsed_total 1']);
  });
});

describe('storing', () => {
  it('is counted with its bytes, and why it was left', async () => {
    observe({ type: 'store', key: 'a', bytes: 100 });
    observe({ type: 'store', key: 'b', bytes: 50 });
    observe({ type: 'not_stored', key: 'c', reason: 'refusal' });
    expect(await samples('llm_cache_stored_')).toEqual([
      'llm_cache_stored_total 2',
      'llm_cache_stored_bytes_total 150',
    ]);
    expect(await samples('llm_cache_not_stored_total')).toEqual([
      'llm_cache_not_stored_total{reason="refusal"} 1',
    ]);
  });
});

describe('backends', () => {
  it('peer defect 12: are counted when they fail', async () => {
    const failure = {
      type: 'backend_failure',
      backend: 'redis',
      operation: 'get',
      error: new Error('x'),
    } as const;
    observe({ ...failure, code: 'CACHE_BACKEND_TIMEOUT' });
    observe({ ...failure, code: 'CACHE_BACKEND_TIMEOUT' });
    observe({ ...failure, code: 'CACHE_CIRCUIT_OPEN' });
    expect(await samples('llm_cache_backend_failures_total')).toEqual([
      'llm_cache_backend_failures_total{backend="redis",operation="get",code="CACHE_BACKEND_TIMEOUT"} 2',
      'llm_cache_backend_failures_total{backend="redis",operation="get",code="CACHE_CIRCUIT_OPEN"} 1',
    ]);
  });

  it('are shown up or down', async () => {
    observe({ type: 'backend_state', backend: 'redis', state: 'down' });
    expect(await samples('llm_cache_backend_up')).toEqual(['llm_cache_backend_up{backend="redis"} 0']);
    observe({ type: 'backend_state', backend: 'redis', state: 'up' });
    expect(await samples('llm_cache_backend_up')).toEqual(['llm_cache_backend_up{backend="redis"} 1']);
  });

  it('are shown to be heard or not when others delete', async () => {
    observe({ type: 'bus_state', backend: 'redis', state: 'down' });
    expect(await samples('llm_cache_bus_up')).toEqual(['llm_cache_bus_up{backend="redis"} 0']);
    observe({ type: 'bus_state', backend: 'redis', state: 'up' });
    expect(await samples('llm_cache_bus_up')).toEqual(['llm_cache_bus_up{backend="redis"} 1']);
  });
});

describe('latency', () => {
  it('of requests is in seconds, by call type and outcome', async () => {
    metrics.request({ callType: 'chat_completion', status: 200, milliseconds: 0.4, outcome: HIT });
    metrics.request({ callType: 'chat_completion', status: 401, milliseconds: 2 });
    expect(await samples('litellm_request_total_latency_metric')).toEqual([
      'litellm_request_total_latency_metric_sum{call_type="chat_completion",outcome="hit"} 0.0004',
      'litellm_request_total_latency_metric_count{call_type="chat_completion",outcome="hit"} 1',
      'litellm_request_total_latency_metric_sum{call_type="chat_completion",outcome="error"} 0.002',
      'litellm_request_total_latency_metric_count{call_type="chat_completion",outcome="error"} 1',
    ]);
    expect(await metrics.render()).toContain(
      '_bucket{le="0.0005",call_type="chat_completion",outcome="hit"} 1',
    );
  });

  it.each([
    ['answered', 200],
    ['error_answer', 429],
  ])('of provider calls is counted as %s for status %i', async (outcome, status) => {
    const answer: ProviderAnswer = { status, headers: [], body: emptyBody() };
    const provider = measuredProvider(() => Promise.resolve(answer), 'fast', metrics);
    expect(await provider({}, { signal: new AbortController().signal })).toBe(answer);
    expect(await samples('litellm_llm_api_latency_metric_count')).toEqual([
      `litellm_llm_api_latency_metric_count{model="fast",outcome="${outcome}"} 1`,
    ]);
  });

  it.each([
    ['failed', new AbortController().signal],
    ['given_up', AbortSignal.abort()],
  ])(
    'of provider calls without an answer is counted as %s, and the error passed on',
    async (outcome, signal) => {
      const provider = measuredProvider(() => Promise.reject(new Error('gone')), 'fast', metrics);
      await expect(provider({}, { signal })).rejects.toThrow('gone');
      expect(await samples('litellm_llm_api_latency_metric_count')).toEqual([
        `litellm_llm_api_latency_metric_count{model="fast",outcome="${outcome}"} 1`,
      ]);
    },
  );
});

describe('what is read when the metrics are', () => {
  it('peer defect 13: is the memory store, with its evictions', async () => {
    let statistics: MemoryStoreStatistics = {
      entries: 3,
      bytes: 4096,
      hits: 0,
      misses: 0,
      evictions: 1,
      expired: 2,
      rejected: 0,
    };
    metrics.watchMemory(() => statistics);
    expect(await samples('llm_cache_memory_')).toEqual([
      'llm_cache_memory_entries 3',
      'llm_cache_memory_bytes 4096',
      'llm_cache_memory_evictions_total 1',
      'llm_cache_memory_expired_total 2',
      'llm_cache_memory_rejected_total 0',
    ]);
    statistics = { ...statistics, entries: 2, evictions: 5 };
    expect(await samples('llm_cache_memory_entries')).toEqual(['llm_cache_memory_entries 2']);
    expect(await samples('llm_cache_memory_evictions_total')).toEqual(['llm_cache_memory_evictions_total 5']);
  });

  it('is the number of provider calls under way', async () => {
    let flights = 0;
    metrics.watchFlights(() => flights);
    flights = 7;
    expect(await samples('llm_cache_flights')).toEqual(['llm_cache_flights 7']);
  });
});

describe('the registry', () => {
  it('is its own: two proxies in one process do not count together', async () => {
    const other = createMetrics({ models: [], processMetrics: false });
    observe({ type: 'hit', ...ABOUT, stale: false });
    expect(await other.render()).not.toContain('litellm_cache_hits_metric_total{');
  });

  it('says what its text is', () => {
    expect(metrics.contentType).toMatch(/^text\/plain/);
  });

  it('tells of the process unless told not to', async () => {
    expect(await createMetrics({ models: [] }).render()).toContain('process_cpu_seconds_total');
    expect(await metrics.render()).not.toContain('process_cpu_seconds_total');
  });
});

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  yield* [];
}
