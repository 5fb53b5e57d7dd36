import type { CacheBackend, CacheStore } from '@cache/core';
import { startFakeProvider, type FakeProvider } from '@cache/core/testing';
import type { Authenticator } from './auth/authenticate.ts';
import { loadConfig } from './config/load.ts';
import type { Environment } from './config/environment.ts';
import type { CacheConfig } from './config/types.ts';
import { createLogger } from './observability/log.ts';
import { createMetrics } from './observability/metrics.ts';
import { createProxy, type Proxy, type ProxyOptions } from './proxy.ts';
import { openStore } from './store/open-store.ts';

/** Both ways through the server: everything a client can see has to be the same. */
export const LANES = [
  { lane: 'fast lane on', fastLane: true },
  { lane: 'fast lane off', fastLane: false },
] as const;

export const MODEL = 'gpt-4o-mini';
export const PROVIDER_KEY = 'sk-provider-secret';
export const MASTER_KEY = 'sk-master-secret';

/** Sections of a configuration, by LiteLLM's names. */
type Section = Readonly<Record<string, unknown>>;

export interface TestProxyOptions {
  readonly fastLane: boolean;
  /** Added to the `litellm_params` of {@link MODEL}, which the fake provider answers. */
  readonly params?: Section;
  /** Further entries of `model_list`. */
  readonly models?: readonly Section[];
  readonly cacheParams?: Section;
  readonly litellmSettings?: Section;
  readonly generalSettings?: Section;
  readonly environment?: Environment;
  readonly limits?: ProxyOptions['limits'];
  readonly authenticate?: Authenticator;
  /** Behind the memory. Default: none. */
  readonly backend?: CacheBackend;
  /** Takes the place of both. */
  readonly createStore?: (config: CacheConfig) => CacheStore;
}

export interface TestProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly proxy: Proxy;
  readonly provider: FakeProvider;
  /** Everything logged so far, as written. */
  readonly log: () => string;
  /** The lines of requests, parsed, in order. */
  readonly requestLines: () => Record<string, unknown>[];
  /** Resolves once that many requests are logged, which is when they are over. */
  readonly waitForRequests: (count: number) => Promise<void>;
}

/** A proxy on a free port of this machine, in front of a fake provider of its own. */
export async function startProxy(options: TestProxyOptions): Promise<TestProxy> {
  const provider = await startFakeProvider();
  const { config } = loadConfig({
    text: JSON.stringify(configuration(provider, options)),
    environment: options.environment ?? {},
    workingDirectory: import.meta.dirname,
  });
  const written = logSink();
  const proxy = await createProxy({
    config,
    openStore: (observer) => {
      if (options.createStore !== undefined) return { store: options.createStore(config.cache) };
      return openStore({
        cache: config.cache,
        observer,
        ...(options.backend === undefined ? {} : { backend: options.backend }),
      });
    },
    version: '1.2.3',
    log: createLogger({ level: config.verbose ? 'debug' : 'info', destination: written }),
    metrics: createMetrics({
      models: config.deployments.map(({ modelName }) => modelName),
      processMetrics: false,
    }),
    fastLane: options.fastLane,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.authenticate === undefined ? {} : { authenticate: options.authenticate }),
  });
  const url = await proxy.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    port: Number(new URL(url).port),
    proxy,
    provider,
    log: written.text,
    requestLines: written.requests,
    waitForRequests: written.waitFor,
    async [Symbol.asyncDispose]() {
      await provider.close();
      await proxy.close(0);
    },
  };
}

/** YAML takes JSON. */
function configuration(provider: FakeProvider, options: TestProxyOptions): object {
  const { params, models = [], cacheParams, litellmSettings, generalSettings } = options;
  const model = {
    model_name: MODEL,
    litellm_params: { model: `openai/${MODEL}`, api_base: provider.url, api_key: PROVIDER_KEY, ...params },
  };
  return {
    model_list: [model, ...models],
    litellm_settings: { cache: true, cache_params: { type: 'local', ...cacheParams }, ...litellmSettings },
    general_settings: { ...generalSettings },
  };
}

interface LogSink {
  readonly write: (line: string) => void;
  readonly text: () => string;
  readonly requests: () => Record<string, unknown>[];
  readonly waitFor: (count: number) => Promise<void>;
}

function logSink(): LogSink {
  const lines: string[] = [];
  let changed = Promise.withResolvers<void>();
  const requests = (): Record<string, unknown>[] =>
    lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['msg'] === 'request');
  return {
    write(line) {
      lines.push(line);
      changed.resolve();
      changed = Promise.withResolvers();
    },
    text: () => lines.join(''),
    requests,
    async waitFor(count) {
      while (requests().length < count) await changed.promise;
    },
  };
}
