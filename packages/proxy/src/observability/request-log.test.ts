import { describe, expect, it } from '@jest/globals';
import type { MissReason, Outcome } from '@cache/core';
import { createLogger } from './log.ts';
import { cacheWordOf, createRequestLog, type RequestRecord } from './request-log.ts';

const RECORD: RequestRecord = {
  callType: 'chat_completion',
  model: 'fast',
  stream: false,
  status: 200,
  milliseconds: 0.123456,
};

function lineOf(
  record: RequestRecord,
  level: 'info' | 'warn' | 'silent' = 'info',
): Record<string, unknown> | undefined {
  const lines: string[] = [];
  createRequestLog(createLogger({ level, destination: { write: (line) => void lines.push(line) } }))(record);
  expect(lines.length).toBeLessThan(2);
  const { time: _, ...rest } = JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
  return lines.length === 0 ? undefined : rest;
}

function miss(reason: MissReason, collapsed = false): Outcome {
  return { type: 'miss', key: 'k', reason, collapsed };
}

describe('the line of a request', () => {
  it('tells a hit: from where, under which key, how old, how fast', () => {
    const outcome: Outcome = {
      type: 'hit',
      key: 'k',
      ageSeconds: 12,
      ttlSeconds: 300,
      stale: false,
      source: 'local',
    };
    expect(lineOf({ ...RECORD, outcome })).toEqual({
      level: 'info',
      call_type: 'chat_completion',
      model: 'fast',
      cache: 'hit',
      key: 'k',
      status: 200,
      milliseconds: 0.123,
      stream: false,
      source: 'local',
      age_seconds: 12,
      msg: 'request',
    });
  });

  it('tells a miss and why', () => {
    expect(lineOf({ ...RECORD, outcome: miss('stale', true) })).toMatchObject({
      cache: 'miss',
      reason: 'stale',
      key: 'k',
      collapsed: true,
    });
  });

  it('tells a request that went wrong before the cache was asked', () => {
    expect(lineOf({ ...RECORD, model: '', status: 401, error: 'invalid_api_key' })).toMatchObject({
      level: 'info',
      cache: 'none',
      status: 401,
      error: 'invalid_api_key',
    });
  });

  it('is a warning where proxy or provider failed', () => {
    expect(lineOf({ ...RECORD, status: 502 })).toMatchObject({ level: 'warn', status: 502 });
    expect(lineOf({ ...RECORD, status: 502 }, 'warn')).toBeDefined();
    expect(lineOf(RECORD, 'warn')).toBeUndefined();
    expect(lineOf({ ...RECORD, status: 502 }, 'silent')).toBeUndefined();
  });

  it('is one line of bounded length, whatever a client calls its model', () => {
    const line = lineOf({ ...RECORD, model: `"\n${'m'.repeat(1_000_000)}` });
    expect(String(line?.['model'])).toHaveLength(256);
  });
});

describe('cacheWordOf', () => {
  it.each<[MissReason, string]>([
    ['absent', 'miss'],
    ['stale', 'miss'],
    ['too_old', 'miss'],
    ['usage', 'miss'],
    ['no_cache', 'bypass'],
    ['off', 'bypass'],
  ])('calls %s a %s', (reason, word) => {
    expect(cacheWordOf(miss(reason))).toBe(word);
  });
});
