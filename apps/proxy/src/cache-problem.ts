import { CacheError, resolveCallTypes } from '@cache/core';
import { chatCompletion } from '@cache/core/calls/chat-completion';
import type { Problem, ReadableCache } from '@cache/proxy';

const PATH = ['litellm_settings', 'cache_params', 'supported_call_types'];

/** What is wrong with `supported_call_types` by the call types this application is built with. */
export function callTypeProblems({ config, problemAt }: ReadableCache): readonly Problem[] {
  try {
    resolveCallTypes(config.cache.supportedCallTypes, [chatCompletion], PATH.join('.'));
    return [];
  } catch (error) {
    if (CacheError.is(error)) return [problemAt(PATH, error.message.replace(`${PATH.join('.')}: `, ''))];
    throw error;
  }
}
