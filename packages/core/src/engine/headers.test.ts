import { describe, expect, it } from '@jest/globals';
import type { HeaderList } from './answer.ts';
import { forwardableHeaders, isEventStream, sharedHeaders, storableHeaders } from './headers.ts';

const names = (headers: HeaderList): string[] => headers.map(([name]) => name);

const ANSWER: HeaderList = [
  ['content-type', 'application/json'],
  ['content-encoding', 'gzip'],
  ['transfer-encoding', 'chunked'],
  ['connection', 'keep-alive, X-Hop'],
  ['x-hop', 'one'],
  ['x-request-id', 'req_1'],
  ['set-cookie', 'a=1'],
  ['x-ratelimit-remaining-requests', '9'],
];

describe('the headers of an answer', () => {
  it('travel on, but for those of one connection (RFC 9110 section 7.6.1) and of an encoding that is undone', () => {
    expect(names(forwardableHeaders(ANSWER))).toEqual([
      'content-type',
      'x-request-id',
      'set-cookie',
      'x-ratelimit-remaining-requests',
    ]);
  });

  it('reach others without what concerns only whoever made the call', () => {
    expect(names(sharedHeaders(forwardableHeaders(ANSWER)))).toEqual(['content-type', 'x-request-id']);
  });

  it('are kept only where they are facts about the answer', () => {
    expect(names(storableHeaders(ANSWER))).toEqual(['x-request-id']);
  });
});

describe('a stream of events', () => {
  it.each(['text/event-stream', 'TEXT/EVENT-STREAM; charset=utf-8', 'text/event-stream ;x=1'])(
    '%s is one',
    (type) => {
      expect(isEventStream([['content-type', type]])).toBe(true);
    },
  );

  it.each(['application/json', 'text/event-streams', ''])('%j is none', (type) => {
    expect(isEventStream([['content-type', type]])).toBe(false);
  });
});
