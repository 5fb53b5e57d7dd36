import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { CacheBackend } from '@cache/core';
import { describeWith, s3Problem, startS3, type S3Service } from '@cache/services';
import { startForwarder } from './forwarder.fixture.ts';
import type { S3ConnectionOptions } from './options.ts';
import { backendOver, bareClient, newBucket, until } from './s3.fixture.ts';

const VALUE = Buffer.from('value');
const given = process.env['S3_ENDPOINT'] ? 'S3_ENDPOINT names a server that is not ours to break' : undefined;

describeWith(s3Problem() ?? given, 'a server that breaks', () => {
  let server: S3Service;
  let bucket: string;
  const open: CacheBackend[] = [];

  beforeAll(async () => {
    server = await startS3();
    const client = bareClient(server);
    bucket = await newBucket(client);
    client.destroy();
  }, 90_000);

  afterEach(async () => {
    for (const backend of open.splice(0)) await backend.close();
  });

  afterAll(() => server.stop());

  const backendWith = async (options: S3ConnectionOptions = {}): Promise<CacheBackend> => {
    const backend = backendOver(server, { bucket, ...options });
    open.push(backend);
    await backend.set('a', VALUE);
    return backend;
  };

  it('killed under load: everything ends with a coded error, and works again after a restart', async () => {
    const backend = await backendWith();
    const traffic = Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0 ? backend.get('a') : backend.set(`b${index}`, Buffer.alloc(100_000)),
    );
    const settled = Promise.allSettled(traffic);
    await server.kill();
    for (const result of await settled) {
      if (result.status === 'fulfilled') continue;
      expect(['CACHE_BACKEND_UNAVAILABLE', 'CACHE_BACKEND_FAILED', 'CACHE_BACKEND_TIMEOUT']).toContain(
        (result.reason as { code?: string }).code,
      );
    }
    await expect(backend.get('a')).rejects.toMatchObject({
      code: 'CACHE_BACKEND_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await server.restart();
    await until(async () => (await backend.get('a').catch(() => undefined)) !== undefined);
  }, 90_000);

  it('frozen: a caller who gives up is told at once, others after the time a request has', async () => {
    const backend = await backendWith({ requestTimeoutMilliseconds: 1_000, maxAttempts: 1 });
    server.freeze();
    try {
      const controller = new AbortController();
      const leaving = backend.get('a', { signal: controller.signal });
      const waiting = backend.get('a');
      waiting.catch(() => undefined);
      const begun = Date.now();
      setTimeout(() => controller.abort(new Error('gone')), 100);
      await expect(leaving).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
      expect(Date.now() - begun).toBeLessThan(600);
      await expect(waiting).rejects.toMatchObject({ code: 'CACHE_BACKEND_TIMEOUT' });
    } finally {
      server.thaw();
    }
    await until(async () => (await backend.get('a').catch(() => undefined)) !== undefined);
  }, 30_000);

  it('frozen: closing ends what is under way at once', async () => {
    const backend = await backendWith();
    server.freeze();
    try {
      const operations = [backend.get('a'), backend.set('a', VALUE), backend.delete(['a']), backend.ping()];
      const settled = Promise.allSettled(operations);
      const begun = Date.now();
      await backend.close();
      for (const result of await settled)
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CACHE_CLOSED' } });
      expect(Date.now() - begun).toBeLessThan(1_000);
    } finally {
      server.thaw();
    }
  }, 30_000);

  it('frozen in the middle of an answer: its bytes are waited for as long as for its head', async () => {
    await using forwarder = await startForwarder(server.endpoint);
    const backend = await backendWith({
      endpoint: forwarder.url,
      requestTimeoutMilliseconds: 500,
      maxAttempts: 1,
    });
    forwarder.intercept = (_line, response) => {
      response.writeHead(200, { 'content-length': '5' }).write('va');
      return true;
    };
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_BACKEND_TIMEOUT' });
    const controller = new AbortController();
    const leaving = backend.get('a', { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(leaving).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    forwarder.intercept = () => false;
    expect(await backend.get('a')).toEqual(new Uint8Array(VALUE));
  });

  it('cut in the middle of an answer: no part of it is a value', async () => {
    await using forwarder = await startForwarder(server.endpoint);
    const backend = await backendWith({ endpoint: forwarder.url });
    forwarder.intercept = (_line, response) => {
      response.writeHead(200, { 'content-length': '5' });
      response.write('va', () => response.destroy());
      return true;
    };
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_BACKEND_UNAVAILABLE' });
  });

  it('busy: a request is sent twice, and no more', async () => {
    await using forwarder = await startForwarder(server.endpoint);
    const backend = await backendWith({ endpoint: forwarder.url });
    forwarder.requests.length = 0;
    forwarder.intercept = (_line, response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_BACKEND_FAILED' });
    expect(forwarder.requests).toHaveLength(2);
  });

  it('full: a write says so, and reads go on', async () => {
    await using forwarder = await startForwarder(server.endpoint);
    const backend = await backendWith({ endpoint: forwarder.url });
    forwarder.intercept = (line, response) => {
      if (!line.startsWith('PUT ')) return false;
      response.writeHead(507).end();
      return true;
    };
    await expect(backend.set('b', VALUE)).rejects.toMatchObject({ code: 'CACHE_BACKEND_FULL' });
    expect(await backend.get('a')).toEqual(new Uint8Array(VALUE));
  });

  it('no server: a page of somebody else with status 404 is no miss', async () => {
    await using forwarder = await startForwarder(server.endpoint);
    const backend = await backendWith({ endpoint: forwarder.url });
    forwarder.intercept = (_line, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>Not here</body></html>');
      return true;
    };
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_BACKEND_FAILED' });
  });

  it('slow: more requests than connections wait for their turn, not on the time to connect', async () => {
    await using forwarder = await startForwarder(server.endpoint);
    const backend = await backendWith({
      endpoint: forwarder.url,
      maxConnections: 2,
      connectTimeoutMilliseconds: 300,
      requestTimeoutMilliseconds: 600,
      maxAttempts: 1,
    });
    forwarder.intercept = (_line, response) => {
      setTimeout(() => response.writeHead(200, { 'content-length': '5' }).end('value'), 100);
      return true;
    };
    const reads = Array.from({ length: 20 }, () => backend.get('a'));
    expect((await Promise.all(reads)).every((value) => value?.length === 5)).toBe(true);
  });
});
