import type { FastifyInstance } from 'fastify';

export interface ModelsOptions {
  readonly models: readonly string[];
  /** Epoch milliseconds at which the configuration was read. */
  readonly since: number;
}

/** `GET /v1/models` in OpenAI's shape: the names of the configuration. */
export function modelRoutes(app: FastifyInstance, { models, since }: ModelsOptions): void {
  const created = Math.floor(since / 1000);
  const list = {
    object: 'list',
    data: models.map((id) => ({ id, object: 'model', created, owned_by: 'openai' })),
  };
  for (const path of ['/models', '/v1/models']) app.get(path, () => list);
}
