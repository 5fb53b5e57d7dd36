import { CacheError, resolveCallTypes } from '@cache/core';
import { chatCompletion } from '@cache/core/calls/chat-completion';
import type { CacheConfig } from '@cache/proxy';
import { typeProblem } from './backends/registry.ts';

/** What is wrong with `cache_params` by what this application is built with; undefined if nothing is. */
export function cacheProblem(cache: CacheConfig): string | undefined {
  return typeProblem(cache) ?? callTypesProblem(cache);
}

function callTypesProblem({ supportedCallTypes }: CacheConfig): string | undefined {
  try {
    resolveCallTypes(
      supportedCallTypes,
      [chatCompletion],
      'litellm_settings.cache_params.supported_call_types',
    );
    return undefined;
  } catch (error) {
    if (CacheError.is(error)) return error.message;
    throw error;
  }
}
