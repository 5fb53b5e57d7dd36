import type { JsonObject } from '../json.ts';
import type { CallType } from './call-type.ts';
import { ChatCompletionAssembly } from './chat-completion/assemble.ts';
import { judgeChatCompletion } from './chat-completion/judge.ts';
import { replayChatCompletion } from './chat-completion/replay.ts';
import { isObject } from './stream/json-values.ts';

/** Chat completions, as OpenAI defines them and most providers speak them. */
export const chatCompletion: CallType = {
  name: 'chat_completion',
  spellings: ['completion', 'acompletion', 'chat_completion'],
  paths: ['/chat/completions'],

  demand(body) {
    const stream = body['stream'] === true;
    return { stream, usage: !stream || asksForUsage(body) };
  },

  providerBody(body, { includeUsage }) {
    const options = body['stream_options'] ?? {};
    // Options of another kind are an error, and the provider's to tell.
    const leaveAsIs = !includeUsage || body['stream'] !== true || asksForUsage(body) || !isObject(options);
    return leaveAsIs ? body : { ...body, stream_options: { ...options, include_usage: true } };
  },

  judge: judgeChatCompletion,
  assemble: () => new ChatCompletionAssembly(),
  replay: replayChatCompletion,

  errorEvent({ message, code }) {
    return JSON.stringify({ error: { message, type: 'server_error', param: null, code } });
  },
};

function asksForUsage(body: JsonObject): boolean {
  const options = body['stream_options'];
  return isObject(options) && options['include_usage'] === true;
}
