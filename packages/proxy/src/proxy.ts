import type { AddressInfo } from 'node:net';
import { Cache, type CacheObserver, type CacheStore, type MaybePromise } from '@cache/core';
import { createAuthenticator, type Authenticator } from './auth/authenticate.ts';
import { lifetimeInForce } from './config/lifetime.ts';
import type { CacheConfig, ProxyConfig } from './config/types.ts';
import { unforeseenIn } from './errors/unforeseen.ts';
import { decisionLog } from './observability/decision-log.ts';
import type { Log } from './observability/log.ts';
import { measuredProvider } from './observability/measured-provider.ts';
import type { Metrics } from './observability/metrics.ts';
import { observerOf } from './observability/observer.ts';
import { createRequestLog, type RequestRecord } from './observability/request-log.ts';
import { deploymentOf } from './providers/from-config.ts';
import { mockProvider } from './providers/mock.ts';
import { openAiProvider } from './providers/openai.ts';
import { createRouter } from './providers/router.ts';
import { cacheAdminRoutes } from './routes/cache-admin.ts';
import { healthRoutes } from './routes/health.ts';
import { maskedSettings } from './routes/masked-settings.ts';
import { modelRoutes } from './routes/models.ts';
import { Callers } from './server/callers.ts';
import { createCallHandler } from './server/call-handler.ts';
import { createTwoLaneServer, takenOver, unreached } from './server/create-server.ts';
import { fastLane } from './server/fast-lane.ts';
import { headerPairs } from './server/incoming.ts';
import { Pipeline } from './server/pipeline.ts';
import type { OpenedStore } from './store/opened-store.ts';

export interface ProxyOptions {
  readonly config: ProxyConfig;
  /** Opens the store of the answers, usually {@link openStore}. Called once, and only if caching is on. */
  readonly openStore: (observer: CacheObserver) => MaybePromise<OpenedStore>;
  readonly version: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Who asks. Default: knows `general_settings.master_key` and nobody else. */
  readonly authenticate?: Authenticator;
  /** False: every request takes the lane that can do everything. Default: true. */
  readonly fastLane?: boolean;
  readonly limits?: ConnectionLimits;
}

/** How long clients may take. */
export interface ConnectionLimits {
  /** To send a whole request. Default: 60,000. */
  readonly requestTimeoutMilliseconds?: number;
  /** To read on, once what was sent to them fills every buffer; then they are disconnected. Default: 60,000. */
  readonly stallMilliseconds?: number;
}

/** A caching proxy, ready to listen. */
export interface Proxy {
  /** Absent where caching is off. */
  readonly cache: Cache | undefined;
  /** @returns the address it listens on, for example `http://127.0.0.1:4000`. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /** Takes no new connections, finishes the calls in flight within `graceMilliseconds` (default 30,000), then lets go of everything. */
  close(graceMilliseconds?: number): Promise<void>;
}

const DEFAULT_MAX_REQUEST_BYTES = 32 * 1024 * 1024;
const DEFAULT_GRACE_MILLISECONDS = 30_000;
const MEMO_MAX_BYTES = 32 * 1024 * 1024;
const STALL_MILLISECONDS = 60_000;
const REQUEST_TIMEOUT_MILLISECONDS = 60_000;

/** Composes the proxy from its configuration. Does not listen yet, and needs neither backend nor provider to be there. */
export async function createProxy(options: ProxyOptions): Promise<Proxy> {
  const { config, version, log, metrics, limits = {} } = options;
  const startedAt = Date.now();
  const observer = observerOf(log, metrics, config.verbose);
  const opened: OpenedStore = config.cache.enabled ? await options.openStore(observer) : { store: NO_STORE };
  const { memory } = opened;
  if (memory !== undefined) metrics.watchMemory(() => memory.statistics());
  const cache = createCache(config.cache, opened.store, observer);
  const cached = config.cache.enabled ? cache : undefined;
  const openAi = openAiProvider();
  const router = createRouter(config.deployments.map(deploymentOf));
  const callers = new Callers(options.authenticate ?? createAuthenticator(config.authentication));
  const maxBodyBytes = config.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES;
  const logRequest = createRequestLog(log);
  const onDone = (record: RequestRecord): void => {
    metrics.request(record);
    logRequest(record);
  };
  const onError = (error: unknown): void => {
    const unforeseen = unforeseenIn(error);
    if (unforeseen !== undefined) log.logger.error(unforeseen, 'unforeseen error');
  };
  let accepting = true;
  metrics.watchFlights(() => cache.callsUnderWay);

  const pipeline = new Pipeline({
    cache,
    router,
    memoMaxBytes: MEMO_MAX_BYTES,
    providerOf: (deployment, path, incoming) =>
      deployment.mockResponse === undefined
        ? measuredProvider(
            openAi(deployment, path, [...headerPairs(incoming)]),
            deployment.modelName,
            metrics,
          )
        : mockProvider(deployment),
  });
  const handle = createCallHandler({
    pipeline,
    maxBodyBytes,
    authenticate: (incoming) => callers.caller(incoming),
    onDone,
    onError,
    onDecided: config.verbose ? decisionLog(log, config.cache.ignoredParams) : undefined,
  });
  const app = createTwoLaneServer({
    maxBodyBytes,
    onError,
    stallMilliseconds: limits.stallMilliseconds ?? STALL_MILLISECONDS,
    requestTimeoutMilliseconds: limits.requestTimeoutMilliseconds ?? REQUEST_TIMEOUT_MILLISECONDS,
    // Verbose says what was decided about every request; the fast lane decides without looking.
    ...(options.fastLane === false || config.verbose
      ? {}
      : {
          lane: (other) =>
            fastLane({
              pipeline,
              maxBodyBytes,
              other,
              onDone,
              callerOf: (incoming) => callers.callerAtOnce(incoming),
            }),
        }),
  });

  for (const [path, callType] of pipeline.paths) {
    app.post(
      path,
      { onRequest: takenOver((incoming, response) => handle(incoming, response, callType)) },
      unreached,
    );
  }
  healthRoutes(app, { store: cached?.store.name, version, accepting: () => accepting });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
  await app.register(async (forCallers) => {
    forCallers.addHook('onRequest', async ({ raw }) => {
      await callers.caller(raw);
    });
    modelRoutes(forCallers, { models: router.models(), since: startedAt });
  });
  await app.register(async (forAdmins) => {
    forAdmins.addHook('onRequest', ({ raw }) => callers.assertAdmin(raw));
    cacheAdminRoutes(forAdmins, {
      cache: cached,
      opened,
      settings: maskedSettings(config.litellmSettings['cache_params'] ?? {}),
    });
  });

  return {
    cache: cached,
    async listen({ host, port }) {
      await app.listen({ host, port });
      const { address, port: bound, family } = app.server.address() as AddressInfo;
      return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
    },
    async close(graceMilliseconds = DEFAULT_GRACE_MILLISECONDS) {
      accepting = false;
      const timer = setTimeout(() => app.server.closeAllConnections(), graceMilliseconds);
      await app.close();
      clearTimeout(timer);
      await cache.close();
      await openAi.close();
    },
  };
}

/** Where caching is off, calls still take the same way: every one of them passes through unrecorded. */
function createCache(cache: CacheConfig, store: CacheStore, observer: CacheObserver): Cache {
  const { seconds } = lifetimeInForce(cache);
  return new Cache({
    store,
    mode: cache.mode,
    scope: cache.scope,
    ignoredParams: cache.ignoredParams,
    maxEntryBytes: cache.maxEntryBytes,
    observer,
    ...(seconds === undefined ? {} : { ttlSeconds: seconds }),
    ...(cache.namespace === undefined ? {} : { namespace: cache.namespace }),
    ...supportedCallTypesOf(cache),
  });
}

function supportedCallTypesOf({ enabled, supportedCallTypes }: CacheConfig): {
  supportedCallTypes?: readonly string[];
} {
  if (!enabled) return { supportedCallTypes: [] };
  return supportedCallTypes === undefined ? {} : { supportedCallTypes };
}

const NO_STORE: CacheStore = {
  name: 'none',
  peek: () => undefined,
  get: () => undefined,
  set: () => undefined,
  delete: () => 0,
  clear: () => 0,
  ping: () => undefined,
  close: () => undefined,
};
