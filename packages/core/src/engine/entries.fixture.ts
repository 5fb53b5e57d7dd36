import fc from 'fast-check';
import type { CacheEntry } from '../contract/entry.ts';

/** An entry with every member. */
export const FULL: CacheEntry = {
  createdAt: 1_700_000_000_000,
  expiresAt: 1_700_000_600_000,
  staleUntil: 1_700_000_900_000,
  callType: 'chat_completion',
  model: 'gpt-4o',
  contentType: 'application/json; charset=utf-8',
  headers: [
    ['x-request-id', 'one'],
    ['x-request-id', 'two'],
  ],
  assembled: true,
  usage: { promptTokens: 3, completionTokens: 4, totalTokens: 7 },
  costUsd: 0.000_123,
  tags: ['batch', 'nightly'],
  body: Buffer.from('{"id":"chatcmpl-1"}'),
  events: Buffer.from('{"id":1}\n[DONE]\n'),
};

const number = fc.oneof(
  fc.nat(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
);
const text = fc.string({ unit: 'binary' });
/** What a header may hold: bytes, as Latin-1, but no control characters. */
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x20 : code)),
});
const headerName = fc.stringMatching(/^x-[!#$%&'*+.^_`|~0-9a-z-]+$/);
const bytes = fc.uint8Array({ maxLength: 200 }).map((given) => Buffer.from(given));
/** Any entry the contract allows. */
export const entries: fc.Arbitrary<CacheEntry> = fc.record(
  {
    createdAt: number,
    expiresAt: number,
    staleUntil: number,
    callType: text,
    model: text,
    contentType: headerText,
    headers: fc.array(fc.tuple(headerName, headerText)),
    assembled: fc.boolean(),
    usage: fc.record({ promptTokens: number, completionTokens: number, totalTokens: number }),
    costUsd: number,
    tags: fc.array(text),
    body: bytes,
    events: bytes,
  },
  {
    requiredKeys: ['createdAt', 'callType', 'model', 'contentType', 'headers', 'body'],
    noNullPrototype: true,
  },
);
