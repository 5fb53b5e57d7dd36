import { describe, expect, it } from '@jest/globals';
import { encode, encodeComment } from 'eventsource-encoder';
import fc from 'fast-check';
import { CacheError } from '../../contract/errors.ts';
import { createEventParser, formatComment, formatEvent, type SseItem } from './parse.ts';

const encoder = new TextEncoder();

function itemsOf(...chunks: readonly (string | Uint8Array)[]): SseItem[] {
  const items: SseItem[] = [];
  const parser = createEventParser((item) => items.push(item));
  for (const chunk of chunks) parser.feed(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
  parser.end();
  return items;
}

/** `bytes` cut at the given places. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (one, other) => one - other,
  );
  return cuts.slice(1).map((cut, position) => bytes.subarray(cuts[position], cut));
}

function errorOf(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed());
const lines = fc.array(fc.oneof(text, fc.constantFrom('é', '🦆', '', ' a', ':b', 'data: c')), {
  maxLength: 4,
});

describe('createEventParser', () => {
  it('reads events, their names and comments, in order', () => {
    expect(itemsOf(': hello\n\nevent: ping\ndata: {}\n\ndata: 1\ndata: 2\n\n')).toEqual([
      { type: 'comment', text: 'hello' },
      { type: 'event', event: 'ping', data: '{}' },
      { type: 'event', data: '1\n2' },
    ]);
  });

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('takes %s as a line ending, split anywhere', (_name, ending) => {
    const bytes = encoder.encode(
      `data: é🦆${ending}data: b${ending}${ending}: c${ending}data: d${ending}${ending}`,
    );
    const expected = [
      { type: 'event', data: 'é🦆\nb' },
      { type: 'comment', text: 'c' },
      { type: 'event', data: 'd' },
    ];
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(itemsOf(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(expected);
    }
    expect(itemsOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('skips one byte order mark, even when it is cut', () => {
    const bytes = encoder.encode('\u{FEFF}data: a\n\n');
    expect(itemsOf(bytes.subarray(0, 1), bytes.subarray(1, 2), bytes.subarray(2))).toEqual([
      { type: 'event', data: 'a' },
    ]);
    expect(itemsOf('\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n')).toEqual([{ type: 'event', data: 'b' }]);
    expect(itemsOf('data: \u{FEFF}a\n\n')).toEqual([{ type: 'event', data: '\u{FEFF}a' }]);
  });

  it('hands on a terminal event that lacks its blank line', () => {
    expect(itemsOf('data: [DONE]')).toEqual([{ type: 'event', data: '[DONE]' }]);
    expect(itemsOf('data: [DONE]\n')).toEqual([{ type: 'event', data: '[DONE]' }]);
    expect(itemsOf('data: [DONE]\r')).toEqual([{ type: 'event', data: '[DONE]' }]);
    expect(itemsOf('event: message_stop\ndata: {"type":"message_stop"}')).toEqual([
      { type: 'event', event: 'message_stop', data: '{"type":"message_stop"}' },
    ]);
  });

  it.each(['data: {"choices":[{"index":0}]}', 'data: [DONE]', 'data: {"choices":\ndata: []}'])(
    'drops an event that was cut anywhere: %j',
    (whole) => {
      for (let end = 0; end < whole.length; end++) expect(itemsOf(whole.slice(0, end))).toEqual([]);
      expect(itemsOf(whole)).toHaveLength(1);
    },
  );

  it('drops a comment that was cut', () => {
    expect(itemsOf(': keep-al')).toEqual([]);
  });

  it.each([
    ['in one line', (size: number) => [`data: ${'x'.repeat(size)}`]],
    ['in one line in many pieces', (size: number) => ['data: ', ...Array.from({ length: size }, () => 'x')]],
    ['in many lines', (size: number) => Array.from({ length: size }, () => 'data: x\n')],
    ['in one piece, whole', (size: number) => [`data: ${'x'.repeat(size)}\n\n`]],
  ])('refuses an event over the limit %s, and everything after it', (_name, chunksOf) => {
    const items: SseItem[] = [];
    const parser = createEventParser((item) => items.push(item), { maxEventLength: 100 });
    const feedAll = () => chunksOf(200).forEach((chunk) => parser.feed(encoder.encode(chunk)));
    expect(CacheError.is(errorOf(feedAll), 'CACHE_PROVIDER_CUT')).toBe(true);
    expect(() => parser.feed(encoder.encode('data: a\n\n'))).toThrow('more than 100 characters');
    expect(() => parser.end()).toThrow('more than 100 characters');
    expect(items).toEqual([]);
  });

  it('takes any number of events within the limit', () => {
    const items: SseItem[] = [];
    const parser = createEventParser((item) => items.push(item), { maxEventLength: 100 });
    for (let count = 0; count < 1000; count++) parser.feed(encoder.encode(`data: ${'x'.repeat(90)}\n\n`));
    parser.end();
    expect(items).toHaveLength(1000);
  });

  it('reads what an independent encoder writes, under any split of the bytes', () => {
    const message = fc.record({ lines, event: fc.option(fc.constantFrom('ping', 'é'), { nil: undefined }) });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (messages, places) => {
          const written = messages.map(({ lines: data, event }) => ({
            data: data.join('\n'),
            ...(event && { event }),
          }));
          const bytes = encoder.encode(written.map((item) => encode(item)).join(''));
          expect(itemsOf(...cutAt(bytes, places))).toEqual(
            written.map((item) => ({ type: 'event', ...item, data: item.data.replace(/\r\n|\r/g, '\n') })),
          );
        },
      ),
    );
  });
});

describe('formatEvent and formatComment', () => {
  it('write what the parser reads back', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.nat(), { maxLength: 6 }), (data, places) => {
        const whole = data.join('\n').replace(/\r\n|\r/g, '\n');
        const bytes = encoder.encode(formatEvent(whole, 'name') + formatComment('still here'));
        expect(itemsOf(...cutAt(bytes, places))).toEqual([
          { type: 'event', event: 'name', data: whole },
          { type: 'comment', text: 'still here' },
        ]);
      }),
    );
  });

  it('write what an independent encoder writes', () => {
    fc.assert(
      fc.property(lines, (data) => {
        expect(formatEvent(data.join('\n'))).toBe(encode({ data: data.join('\n') }));
        expect(formatComment(data.join('\n'))).toBe(encodeComment(data.join('\n')));
      }),
    );
  });

  it('let no event name or comment begin a line of its own', () => {
    expect(itemsOf(formatEvent('1', 'a\ndata: 2\n'), formatComment('a\r\ndata: 3'))).toEqual([
      { type: 'event', event: 'a data: 2 ', data: '1' },
      { type: 'comment', text: 'a' },
      { type: 'comment', text: 'data: 3' },
    ]);
  });
});

describe('items', () => {
  it('are handed on as they arrive, not at the end', () => {
    const items: SseItem[] = [];
    const parser = createEventParser((item) => items.push(item));
    parser.feed(encoder.encode('data: 1\n\nda'));
    expect(items).toEqual([{ type: 'event', data: '1' }]);
    parser.feed(encoder.encode('ta: 2\n\n'));
    expect(items).toHaveLength(2);
  });
});
