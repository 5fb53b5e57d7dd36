import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_MESSAGE_BYTES, readMessage, writeMessages, type Deletion } from './deletion-message.ts';

/** Any text, lone surrogates included. */
const text = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
});

function deletionsIn(messages: readonly string[]): Deletion[] {
  return messages.map((message) => {
    const heard = readMessage(message);
    if (heard?.type !== 'deletion') throw new Error(`not a deletion: ${message.slice(0, 80)}`);
    return heard.deletion;
  });
}

describe('a deletion on the bus', () => {
  it('is read as it was written, whatever the keys', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), text, (keys, prefix) => {
        expect(deletionsIn(writeMessages('me', { keys }))).toEqual([{ keys: [...new Set(keys)] }]);
        expect(deletionsIn(writeMessages('me', { prefix }))).toEqual([{ prefix }]);
      }),
    );
  });

  it('looks like this', () => {
    expect(writeMessages('me', { keys: ['a', 'b', 'a'] })).toEqual([
      'llm-cache deleted 1 {"from":"me","keys":["a","b"]}',
    ]);
    expect(writeMessages('me', { prefix: 'ns:' })).toEqual([
      'llm-cache deleted 1 {"from":"me","prefix":"ns:"}',
    ]);
    expect(writeMessages('me', { keys: [] })).toEqual([]);
  });

  it('comes in pieces of bounded size that name every key once', () => {
    const keys = Array.from(
      { length: 20_000 },
      (_, index) => `litellm:${index.toString().padStart(64, '0')}`,
    );
    const messages = writeMessages('me', { keys });
    expect(messages.length).toBeGreaterThan(20);
    for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    const named = deletionsIn(messages).flatMap((deletion) => ('keys' in deletion ? deletion.keys : []));
    expect(named).toEqual(keys);
  });

  it.each([
    ['control characters', '\0'],
    ['umlauts', '\u00fc'],
    ['pairs of surrogates', '\u{1f600}'],
  ])('names what is too long by its beginning: %s', (_name, character) => {
    const long = character.repeat(100_000);
    const messages = [
      ...writeMessages('me', { keys: ['a', long] }),
      ...writeMessages('me', { prefix: long }),
    ];
    for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    const [first, second, third] = deletionsIn(messages);
    for (const deletion of [first, second, third]) {
      if (deletion === undefined || 'keys' in deletion) expect(deletion).toEqual({ keys: ['a'] });
      else expect(long.startsWith(deletion.prefix) && deletion.prefix.length > 10_000).toBe(true);
    }
  });
});

describe('a message', () => {
  it.each([
    '',
    'hello',
    '{"from":"x","keys":["a"]}',
    'llm-cache deleted',
    'llm-cache deleted 0 {"from":"x","keys":["a"]}',
    'llm-cache deleted one {"from":"x","keys":["a"]}',
    'xllm-cache deleted 1 {"from":"x","keys":["a"]}',
    'llm-cache deleted 1 ',
    'llm-cache deleted 1 {"from":"x","keys":["a"]',
    'llm-cache deleted 1 null',
    'llm-cache deleted 1 ["a"]',
    'llm-cache deleted 1 {"keys":["a"]}',
    'llm-cache deleted 1 {"from":"x"}',
    'llm-cache deleted 1 {"from":"x","keys":"a"}',
    'llm-cache deleted 1 {"from":"x","keys":["a",1]}',
    'llm-cache deleted 1 {"from":1,"keys":["a"]}',
    'llm-cache deleted 1 {"from":"x","prefix":7}',
    `llm-cache deleted 1 {"from":"x","keys":["${'a'.repeat(MAX_MESSAGE_BYTES)}"]}`,
  ])('that is foreign or malformed says nothing: %.60s', (message) => {
    expect(readMessage(message)).toBeUndefined();
  });

  it('of a later version is one that cannot be read', () => {
    expect(readMessage('llm-cache deleted 2 whatever comes then')).toEqual({ type: 'unreadable' });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        readMessage(body);
        readMessage(`llm-cache deleted 1 ${body}`);
      }),
    );
  });
});
