import type { FastifyInstance } from 'fastify';

export interface HealthOptions {
  /** Name of the store; absent where caching is off. */
  readonly store: string | undefined;
  readonly version: string;
  /** False while the proxy shuts down: a load balancer then sends its requests elsewhere. */
  readonly accepting: () => boolean;
}

/** Whether the process runs, and whether it should be sent requests. Neither asks a backend: a dead cache is no reason to be restarted. */
export function healthRoutes(app: FastifyInstance, { store, version, accepting }: HealthOptions): void {
  for (const path of ['/health/liveliness', '/health/liveness']) {
    app.get(path, () => JSON.stringify("I'm alive!"));
  }
  app.get('/health/readiness', (_request, reply) => {
    const ready = accepting();
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'healthy' : 'shutting_down',
      cache: store ?? null,
      version,
    });
  });
}
