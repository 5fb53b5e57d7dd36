import type { JsonObject } from '@cache/core';
import type { ConfiguredDeployment } from '../config/types.ts';
import type { Deployment } from './deployment.ts';

/** A deployment of the configuration as the providers take it. */
export function deploymentOf(configured: ConfiguredDeployment): Deployment {
  const { apiKey, streamTimeoutMilliseconds, mockResponse, organization } = configured;
  return {
    id: configured.id,
    modelName: configured.modelName,
    model: configured.upstreamModel,
    apiBase: configured.apiBase,
    ...(apiKey === undefined ? {} : { apiKey }),
    headers: {
      ...(organization === undefined ? {} : { 'openai-organization': organization }),
      ...configured.extraHeaders,
    },
    defaultParams: configured.defaultParams as JsonObject,
    timeoutMilliseconds: configured.timeoutMilliseconds,
    ...(streamTimeoutMilliseconds === undefined ? {} : { streamTimeoutMilliseconds }),
    includeUsage: asksForUsage(configured),
    ...(mockResponse === undefined ? {} : { mockResponse: textOf(mockResponse) }),
  };
}

/** `model_info.include_usage: false` is for providers that refuse `stream_options`. An addition of ours. */
function asksForUsage({ modelInfo }: ConfiguredDeployment): boolean {
  return modelInfo['include_usage'] !== false;
}

function textOf(mockResponse: NonNullable<ConfiguredDeployment['mockResponse']>): string {
  return typeof mockResponse === 'string' ? mockResponse : JSON.stringify(mockResponse);
}
