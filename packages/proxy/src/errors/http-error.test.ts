import { describe, expect, it } from '@jest/globals';
import { CACHE_ERRORS, CacheError, type CacheErrorCode } from '@cache/core';
import {
  AdminOnly,
  BodyTooLarge,
  ClientGone,
  ForbiddenMember,
  InvalidRequest,
  ModelNotFound,
  NotFound,
  ProviderTimeout,
  ProviderUnavailable,
  Unauthorized,
  httpErrorOf,
} from './http-error.ts';

describe('httpErrorOf', () => {
  it.each([
    [new Unauthorized('missing'), 401, 'invalid_request_error', 'invalid_api_key', null],
    [new Unauthorized('invalid'), 401, 'invalid_request_error', 'invalid_api_key', null],
    [new AdminOnly(), 403, 'invalid_request_error', 'admin_only', null],
    [new NotFound('GET', '/nowhere'), 404, 'invalid_request_error', 'unknown_url', null],
    [new InvalidRequest('no keys', 'keys'), 400, 'invalid_request_error', null, 'keys'],
    [new ForbiddenMember('api_base'), 400, 'invalid_request_error', 'forbidden_parameter', 'api_base'],
    [new ModelNotFound('gpt-9'), 404, 'invalid_request_error', 'model_not_found', 'model'],
    [new BodyTooLarge(1024), 413, 'invalid_request_error', 'request_too_large', null],
    [new ClientGone(), 499, 'invalid_request_error', 'client_closed_request', null],
    [new ProviderTimeout('too slow'), 504, 'timeout_error', 'timeout', null],
    [new ProviderUnavailable('not there'), 502, 'server_error', 'provider_unavailable', null],
  ])('%s', (error, status, type, code, param) => {
    expect(httpErrorOf(error)).toMatchObject({
      status,
      body: { error: { message: error.message, type, param, code } },
    });
  });

  it.each<[CacheErrorCode, number, string | null]>([
    ['CACHE_INVALID_JSON', 400, 'invalid_json'],
    ['CACHE_NESTING_TOO_DEEP', 400, 'nesting_too_deep'],
    ['CACHE_INVALID_CONTROL', 400, 'invalid_cache_control'],
    ['CACHE_MISS', 504, 'cache_miss'],
    ['CACHE_PROVIDER_CUT', 502, 'stream_interrupted'],
    ['CACHE_READER_TOO_SLOW', 503, 'reader_too_slow'],
    ['CACHE_ABORTED', 499, 'client_closed_request'],
    ['CACHE_ENTRY_TOO_LARGE', 502, 'answer_too_large'],
    ['CACHE_NOT_SUPPORTED', 501, 'not_supported'],
    ['CACHE_BACKEND_UNAVAILABLE', 503, 'cache_unavailable'],
    ['CACHE_BACKEND_TIMEOUT', 503, 'cache_unavailable'],
    ['CACHE_BACKEND_FAILED', 503, 'cache_unavailable'],
    ['CACHE_BACKEND_FULL', 503, 'cache_unavailable'],
    ['CACHE_CIRCUIT_OPEN', 503, 'cache_unavailable'],
    ['CACHE_CLOSED', 503, 'cache_unavailable'],
    ['CACHE_ENTRY_DAMAGED', 500, null],
    ['CACHE_INVALID_OPTION', 500, null],
  ])('%s is a %i', (code, status, shown) => {
    const answered = httpErrorOf(new CacheError(code, 'in words'));
    expect([answered.status, answered.body.error.code]).toEqual([status, shown]);
  });

  it('keeps the SDKs from asking again for what is not in the cache', () => {
    const { headers } = httpErrorOf(new CacheError('CACHE_MISS', 'nothing stored'));
    expect(headers).toEqual({ 'cache-status': 'llm-cache;detail=cache_miss', 'x-should-retry': 'false' });
  });

  it('has a status between 400 and 599 for every code of the cache', () => {
    for (const code of Object.keys(CACHE_ERRORS) as CacheErrorCode[]) {
      const { status } = httpErrorOf(new CacheError(code, 'in words'));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
    }
  });

  it('tells an answer that ran out of time half way from one that broke off', () => {
    const broken = (cause: unknown): CacheError => new CacheError('CACHE_PROVIDER_CUT', 'cut', { cause });
    expect(httpErrorOf(broken(new ProviderTimeout('too slow'))).status).toBe(504);
    expect(httpErrorOf(broken(new ProviderUnavailable('reset'))).body.error.code).toBe('stream_interrupted');
  });

  it('names the control that is wrong', () => {
    const error = new CacheError('CACHE_INVALID_CONTROL', 'cache.ttl must be a number', {
      param: 'cache.ttl',
    });
    expect(httpErrorOf(error).body.error).toMatchObject({
      param: 'cache.ttl',
      message: 'cache.ttl must be a number',
    });
  });

  it('says how to authenticate', () => {
    expect(httpErrorOf(new Unauthorized('missing')).headers).toEqual({ 'www-authenticate': 'Bearer' });
  });

  it('keeps the addresses of backends to itself', () => {
    const error = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'redis: connect ECONNREFUSED 10.0.0.5:6379');
    expect(JSON.stringify(httpErrorOf(error))).not.toContain('10.0.0.5');
  });

  it('does not take an option of a backend for a member of the request', () => {
    const error = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'disk: is a file', { param: 'directory' });
    expect(httpErrorOf(error).body.error.param).toBeNull();
  });

  it.each([
    new Error('password=hunter2'),
    'password=hunter2',
    null,
    undefined,
    { message: 'password=hunter2' },
  ])('tells nothing of an error nobody foresaw: %p', (error) => {
    expect(httpErrorOf(error)).toEqual({
      status: 500,
      body: {
        error: {
          message: 'The proxy failed to process this request.',
          type: 'server_error',
          param: null,
          code: null,
        },
      },
    });
  });

  it('passes on what the framework refuses, and nothing the framework only failed at', () => {
    const refused = Object.assign(new Error("'/%zz' is not a valid url component"), {
      statusCode: 400,
      code: 'FST_ERR_BAD_URL',
    });
    expect(httpErrorOf(refused)).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error' } },
    });
    const failed = Object.assign(new Error('inner'), {
      statusCode: 500,
      code: 'FST_ERR_REP_INVALID_PAYLOAD_TYPE',
    });
    expect(httpErrorOf(failed).body.error.message).not.toContain('inner');
    const foreign = Object.assign(new Error('inner'), { statusCode: 404, code: 'ENOENT' });
    expect(httpErrorOf(foreign).status).toBe(500);
  });

  it('leaves out the query of an address the framework cannot read: it may hold a key', () => {
    const refused = Object.assign(new Error("'/%zz?key=sk-secret' is not a valid url component"), {
      statusCode: 400,
      code: 'FST_ERR_BAD_URL',
    });
    expect(httpErrorOf(refused).body.error.message).toBe(
      'The path of the request is not percent-encoded as it should be.',
    );
  });

  it('repeats a long name only far enough to be recognised', () => {
    expect(new ModelNotFound('m'.repeat(100_000)).message.length).toBeLessThan(300);
    expect(new NotFound('GET', `/${'p'.repeat(100_000)}`).message.length).toBeLessThan(300);
  });

  it('leaves out the query of an unknown address: it may hold a key', () => {
    expect(new NotFound('GET', '/nowhere?key=sk-secret').message).toBe('Unknown request: GET /nowhere');
  });
});
