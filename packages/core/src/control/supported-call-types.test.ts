import { describe, expect, it } from '@jest/globals';
import type { CallType } from '../calls/call-type.ts';
import { CacheError } from '../contract/errors.ts';
import { resolveCallTypes } from './supported-call-types.ts';

/** Only names and spellings are looked at. */
const callType = (name: string, ...spellings: string[]): CallType =>
  ({ name, spellings }) as unknown as CallType;

const known = [
  callType('chat_completion', 'completion', 'acompletion'),
  callType('response', 'responses', 'aresponses'),
];

describe('resolveCallTypes', () => {
  it('takes no list for all and an empty one for none', () => {
    expect([...resolveCallTypes(undefined, known)]).toEqual(['chat_completion', 'response']);
    expect([...resolveCallTypes([], known)]).toEqual([]);
  });

  it.each(['chat_completion', 'completion', 'acompletion'])('%s is the chat completion', (spelling) => {
    expect([...resolveCallTypes([spelling], known)]).toEqual(['chat_completion']);
  });

  it('counts several spellings of a call type once', () => {
    const names = ['acompletion', 'completion', 'aresponses', 'chat_completion'];
    expect([...resolveCallTypes(names, known)]).toEqual(['chat_completion', 'response']);
  });

  it('accepts the list LiteLLM documents, whatever of it exists here', () => {
    const documented =
      'completion acompletion embedding aembedding transcription atranscription text_completion atext_completion rerank arerank responses aresponses anthropic_messages';
    expect([...resolveCallTypes(documented.split(' '), known)]).toEqual(['chat_completion', 'response']);
    expect([...resolveCallTypes(['aembedding'], known)]).toEqual([]);
  });

  it('refuses other words, all in one message, with the nearest and the known', () => {
    const refused = (): unknown =>
      resolveCallTypes(['complation', 'completion', 'image'], known, 'supported_call_types');
    expect(refused).toThrow(
      'supported_call_types: "complation" is not a call type, did you mean "completion"?; "image" is not a call type; known are chat_completion, completion, acompletion, response, responses, aresponses, embedding,',
    );
    try {
      refused();
    } catch (error) {
      expect(CacheError.is(error, 'CACHE_INVALID_OPTION')).toBe(true);
      expect((error as CacheError).param).toBe('supported_call_types');
    }
  });

  it.each(['', 'constructor', 'Completion', ' completion'])(
    'takes nothing for a name that is none: %j',
    (name) => {
      expect(() => resolveCallTypes([name], known)).toThrow(/supportedCallTypes: .* is not a call type/);
    },
  );
});
