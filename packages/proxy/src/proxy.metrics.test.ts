import { describe, expect, it } from '@jest/globals';
import { chatCompletionBody, errorReply } from '@cache/core/testing';
import { ask, begin, replyOf, send } from './proxy-client.fixture.ts';
import { LANES, MODEL, startProxy, type TestProxy } from './proxy.fixture.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text format of Prometheus, version 0.0.4: every line is a comment, a sample or nothing. */
async function scrape(proxy: TestProxy): Promise<Sample[]> {
  const { text, headers } = await send(proxy, { path: '/metrics' });
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^# (HELP|TYPE) [a-zA-Z_:][\w:]* \S/.test(line))
    .map(parsedSample);
}

function parsedSample(line: string): Sample {
  const [, name, labels, value] =
    /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?[\d.e+-]+|\+Inf|NaN)$/.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  const pairs = [...(labels ?? '').matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g)];
  expect(pairs.map(([pair]) => pair).join('')).toBe(labels ?? '');
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label, text]) => [label, text])),
    value: Number(value),
  };
}

function valueOf(
  samples: readonly Sample[],
  name: string,
  labels: Sample['labels'] = {},
): number | undefined {
  const matches = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
  );
  expect(matches.length).toBeLessThan(2);
  return matches[0]?.value;
}

describe.each(LANES)('/metrics, $lane', ({ fastLane }) => {
  it('counts hits and misses under the names of LiteLLM, whichever lane answered', async () => {
    await using proxy = await startProxy({ fastLane });
    for (let time = 0; time < 3; time += 1) await ask(proxy);
    await ask(proxy, { stream: true });
    await ask(proxy, { cache: { 'no-cache': true } });
    await ask(proxy, { model: 'unknown' });
    await proxy.waitForRequests(6);
    const samples = await scrape(proxy);
    const model = MODEL;
    expect(valueOf(samples, 'litellm_cache_hits_metric_total', { model })).toBe(3);
    expect(valueOf(samples, 'litellm_cache_misses_metric_total', { model, reason: 'absent' })).toBe(1);
    expect(valueOf(samples, 'litellm_cache_misses_metric_total', { model, reason: 'no_cache' })).toBe(1);
    expect(valueOf(samples, 'llm_cache_stored_total')).toBe(2);
    expect(valueOf(samples, 'llm_cache_memory_entries')).toBe(1);
    expect(valueOf(samples, 'llm_cache_flights')).toBe(0);
  });

  it('has a histogram of requests by outcome and one of provider calls', async () => {
    await using proxy = await startProxy({ fastLane });
    await ask(proxy);
    await ask(proxy);
    await ask(proxy, { model: 'unknown' });
    proxy.provider.script(() => errorReply(500));
    await ask(proxy, { seed: 1 });
    await proxy.waitForRequests(4);
    const samples = await scrape(proxy);
    const counts = ['hit', 'miss', 'error'].map((outcome) =>
      valueOf(samples, 'litellm_request_total_latency_metric_count', {
        call_type: 'chat_completion',
        outcome,
      }),
    );
    expect(counts).toEqual([1, 1, 2]);
    const calls = ['answered', 'error_answer'].map((outcome) =>
      valueOf(samples, 'litellm_llm_api_latency_metric_count', { model: MODEL, outcome }),
    );
    expect(calls).toEqual([1, 1]);
    const buckets = samples
      .filter(
        ({ name, labels }) =>
          name === 'litellm_request_total_latency_metric_bucket' && labels['outcome'] === 'hit',
      )
      .map(({ value }) => value);
    expect(buckets.at(-1)).toBe(1);
    expect(buckets).toEqual(buckets.toSorted((one, other) => one - other));
  });

  it('counts a shared call as one flight and its followers as collapsed', async () => {
    await using proxy = await startProxy({ fastLane });
    const gate = proxy.provider.hold();
    const begun = Array.from({ length: 5 }, () => begin(proxy, { body: chatCompletionBody() }));
    await Promise.all(begun.map(({ sent }) => sent));
    await proxy.provider.waitForCalls(1);
    expect(valueOf(await scrape(proxy), 'llm_cache_flights')).toBe(1);
    gate.release();
    await Promise.all(begun.map(async ({ response }) => replyOf(await response)));
    expect(valueOf(await scrape(proxy), 'llm_cache_collapsed_total')).toBe(4);
  });

  it('makes no time series for whatever clients think up', async () => {
    await using proxy = await startProxy({
      fastLane,
      models: [
        {
          model_name: 'any-*',
          litellm_params: { model: 'openai/*', api_base: 'http://127.0.0.1:1', api_key: 'k' },
        },
      ],
    });
    for (const model of ['any-"1"\n', 'any-2', 'nobody']) await ask(proxy, { model });
    const samples = await scrape(proxy);
    const models = new Set(
      samples.map(({ labels }) => labels['model']).filter((model) => model !== undefined),
    );
    expect([...models].filter((model) => ![MODEL, 'any-*', 'other'].includes(model))).toEqual([]);
  });
});

describe.each(LANES)('the log of requests, $lane', ({ fastLane }) => {
  it('has one line each: kind, model, what the cache did and why, key, time', async () => {
    await using proxy = await startProxy({ fastLane });
    for (const overrides of [{}, {}, { stream: true }, { cache: { 'no-cache': true } }])
      await ask(proxy, overrides);
    await proxy.waitForRequests(4);
    const common = {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      msg: 'request',
      call_type: 'chat_completion',
      model: MODEL,
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      status: 200,
      milliseconds: expect.any(Number),
    };
    const hit = { cache: 'hit', source: 'local', age_seconds: expect.any(Number) };
    expect(proxy.requestLines()).toEqual([
      { ...common, stream: false, cache: 'miss', reason: 'absent', collapsed: false },
      { ...common, stream: false, ...hit },
      { ...common, stream: true, ...hit },
      { ...common, stream: false, cache: 'bypass', reason: 'no_cache', collapsed: false },
    ]);
  });
});
