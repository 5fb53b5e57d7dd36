import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { CacheEvent, MemoryStoreStatistics } from '@cache/core';
import { cacheWordOf, type RequestRecord } from './request-log.ts';

export interface MetricsOptions {
  /** The names clients can ask for. All others are counted as `other`: a client must not be able to make time series. */
  readonly models: Iterable<string>;
  /** CPU, memory, event loop and garbage collection of the process too. Default true. */
  readonly processMetrics?: boolean;
}

/** How a provider's call ended: with an answer, an error answer, no answer, or because nobody waited any longer. */
export type ProviderOutcome = 'answered' | 'error_answer' | 'failed' | 'given_up';

/** What the proxy counts, in a registry of its own. */
export interface Metrics {
  readonly registry: Registry;
  /** Of {@link render}'s text. */
  readonly contentType: string;
  /** The Prometheus text format. */
  render(): Promise<string>;
  /** Counts what the engine reports. */
  event(event: CacheEvent): void;
  /** Counts a request that is over. */
  request(record: Pick<RequestRecord, 'callType' | 'status' | 'milliseconds' | 'outcome'>): void;
  /** Counts a provider's call. @param seconds until the head of its answer, or its failure. */
  provider(model: string, outcome: ProviderOutcome, seconds: number): void;
  /** Reads the memory store's figures whenever the metrics are read. */
  watchMemory(statistics: () => MemoryStoreStatistics): void;
  /** Reads the number of provider calls under way whenever the metrics are read. */
  watchFlights(count: () => number): void;
}

/** Seconds. A memory hit takes a fraction of a millisecond, a long answer minutes. */
const LATENCY_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  120, 300, 600,
];

const OTHER_MODEL = 'other';

/**
 * Names beginning with `litellm_` are LiteLLM's, as its `/metrics` shows them: Python's client appends `_total` to
 * counters, so the documented `litellm_cache_hits_metric` is scraped as `litellm_cache_hits_metric_total`. Labels are the
 * ones known here, of LiteLLM's (`model`) and our own. Names beginning with `llm_cache_` are ours.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  const known = new Set(options.models);
  const modelLabel = (model: string): string => (known.has(model) ? model : OTHER_MODEL);
  const counters = createCounters(registry);
  const latency = createLatencies(registry);

  return {
    registry,
    contentType: registry.contentType,
    render: () => registry.metrics(),
    event: (event) => count(event, counters, modelLabel),
    request({ callType, status, milliseconds, outcome }) {
      const word = status >= 400 ? 'error' : cacheWordOf(outcome);
      latency.request(callType, word).observe(milliseconds / 1000);
    },
    provider: (model, outcome, seconds) => latency.provider(modelLabel(model), outcome).observe(seconds),
    watchMemory: (statistics) => watchMemory(registry, statistics),
    watchFlights: (current) => {
      gauge(
        registry,
        'llm_cache_flights',
        'Provider calls under way, each for any number of requests.',
        current,
      );
    },
  };
}

type Counters = ReturnType<typeof createCounters>;

function count(event: CacheEvent, counters: Counters, modelLabel: (model: string) => string): void {
  switch (event.type) {
    case 'hit':
      return counters.hits(modelLabel(event.model)).inc();
    case 'miss':
      if (event.collapsed) counters.collapsed().inc();
      return counters.misses(modelLabel(event.model), event.reason).inc();
    case 'store':
      counters.storedBytes().inc(event.bytes);
      return counters.stored().inc();
    case 'not_stored':
      return counters.notStored(event.reason).inc();
    case 'backend_failure':
      return counters.failures(event.backend, event.operation, event.code).inc();
    case 'backend_state':
      return counters.backendUp(event.backend).set(event.state === 'up' ? 1 : 0);
    case 'bus_state':
      return counters.busUp(event.backend).set(event.state === 'up' ? 1 : 0);
  }
}

function createCounters(registry: Registry) {
  const counter = (
    name: string,
    help: string,
    labelNames: string[] = [],
  ): ((...labels: string[]) => Counter.Internal) => {
    const metric = new Counter({ name, help, labelNames, registers: [registry] });
    return bound((...labels) => metric.labels(...labels));
  };
  const up = new Gauge({
    name: 'llm_cache_backend_up',
    help: 'Whether a cache backend answers: 1, or 0 while it is down. Absent until it first changed.',
    labelNames: ['backend'],
    registers: [registry],
  });
  const busUp = new Gauge({
    name: 'llm_cache_bus_up',
    help: 'Whether deletions by other processes are heard: 1, or 0 while not. Absent until it first changed.',
    labelNames: ['backend'],
    registers: [registry],
  });
  return {
    hits: counter('litellm_cache_hits_metric_total', 'Requests answered from the cache.', ['model']),
    misses: counter('litellm_cache_misses_metric_total', 'Requests not answered from the cache, and why.', [
      'model',
      'reason',
    ]),
    collapsed: counter(
      'llm_cache_collapsed_total',
      'Requests that shared the provider call of an equal one.',
    ),
    stored: counter('llm_cache_stored_total', 'Answers stored.'),
    storedBytes: counter('llm_cache_stored_bytes_total', 'Bytes of the answers stored.'),
    notStored: counter('llm_cache_not_stored_total', 'Answers not stored, and why.', ['reason']),
    failures: counter(
      'llm_cache_backend_failures_total',
      'Operations a cache backend failed at; each was a miss.',
      ['backend', 'operation', 'code'],
    ),
    backendUp: bound((...labels) => up.labels(...labels)),
    busUp: bound((...labels) => busUp.labels(...labels)),
  };
}

function createLatencies(registry: Registry) {
  const histogram = (
    name: string,
    help: string,
    labelNames: string[],
  ): ((...labels: string[]) => Histogram.Internal<string>) => {
    const metric = new Histogram({ name, help, labelNames, buckets: LATENCY_BUCKETS, registers: [registry] });
    return bound((...labels) => metric.labels(...labels));
  };
  return {
    request: histogram(
      'litellm_request_total_latency_metric',
      'Seconds from a request to the end of its answer; outcome: hit, miss, bypass, error.',
      ['call_type', 'outcome'],
    ),
    provider: histogram(
      'litellm_llm_api_latency_metric',
      'Seconds from a provider call to the head of its answer; outcome: answered, error_answer, failed, given_up.',
      ['model', 'outcome'],
    ),
  };
}

/** Makes each child once: binding labels costs more than counting, and a hit should cost nothing. */
function bound<Child>(make: (...labels: string[]) => Child): (...labels: string[]) => Child {
  const children = new Map<string, Child>();
  return (...labels) => {
    const key = labels.length === 1 ? (labels[0] ?? '') : labels.join('\n');
    let child = children.get(key);
    if (child === undefined) {
      child = make(...labels);
      children.set(key, child);
    }
    return child;
  };
}

function watchMemory(registry: Registry, statistics: () => MemoryStoreStatistics): void {
  gauge(registry, 'llm_cache_memory_entries', 'Entries in memory.', () => statistics().entries);
  gauge(registry, 'llm_cache_memory_bytes', 'Bytes the entries in memory take.', () => statistics().bytes);
  const totals = [
    ['evictions', 'Entries removed from memory before their time, for room.'],
    ['expired', 'Entries removed from memory because their time was over.'],
    ['rejected', 'Entries not taken into memory because they were too large.'],
  ] as const;
  for (const [figure, help] of totals) {
    new Counter({
      name: `llm_cache_memory_${figure}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(statistics()[figure]);
      },
    });
  }
}

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
}
