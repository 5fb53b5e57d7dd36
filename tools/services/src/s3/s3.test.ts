import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { describeWith } from '../describe-with.ts';
import { makeTlsFiles, tlsProblem } from '../tls-files.ts';
import { s3Problem, startS3, type S3Service } from './s3.ts';
import { signedRequest } from './signed-request.fixture.ts';
import { startSwift, swiftProblem } from './swift.ts';

describeWith(swiftProblem() ?? tlsProblem(), 'startS3 without S3_ENDPOINT', () => {
  let s3: S3Service;
  let secure: S3Service;

  beforeAll(async () => {
    const tls = await makeTlsFiles();
    [s3, secure] = await Promise.all([startSwift(), startSwift({ tls })]);
    await signedRequest(s3, 'PUT', '/bucket');
  }, 90_000);

  afterAll(async () => {
    await Promise.all([s3.stop(), secure.stop()]);
  });

  test('is a Swift that keeps objects for those who sign', async () => {
    expect(s3.version).toMatch(/^OpenStack Swift \d/);
    expect(s3.isOwn).toBe(true);
    expect((await signedRequest(s3, 'PUT', '/bucket/colour', 'blue')).status).toBe(200);
    expect(await signedRequest(s3, 'GET', '/bucket/colour')).toMatchObject({ status: 200, text: 'blue' });
    expect((await signedRequest(s3, 'GET', '/bucket/nothing')).text).toContain('<Code>NoSuchKey</Code>');
  });

  test('refuses a wrong secret', async () => {
    const wrong = { ...s3, endpoint: s3.endpoint, secretAccessKey: 'wrong' };
    const { status, text } = await signedRequest(wrong, 'GET', '/bucket/colour');
    expect(status).toBe(403);
    expect(text).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  test('speaks TLS when asked to, with the certificate it was given', async () => {
    expect(secure.endpoint).toBe(`https://127.0.0.1:${secure.port}`);
    await expect(signedRequest(secure, 'GET', '/bucket')).rejects.toThrow(/unable to verify|self-signed/);
  });

  test('answers nothing while frozen', async () => {
    s3.freeze();
    const answer = signedRequest(s3, 'GET', '/bucket');
    const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 300))]);
    expect(first).toBeUndefined();
    s3.thaw();
    expect((await answer).status).toBe(200);
  });

  test('refuses connections after kill, and has its objects again after restart', async () => {
    await signedRequest(s3, 'PUT', '/bucket/kept', 'blue');
    await s3.kill();
    await expect(signedRequest(s3, 'GET', '/bucket/kept')).rejects.toThrow('ECONNREFUSED');
    await s3.restart();
    expect((await signedRequest(s3, 'GET', '/bucket/kept')).text).toBe('blue');
  }, 60_000);
});

/** Not with a server behind it: what the environment names is taken at its word. */
describe('startS3 with S3_ENDPOINT', () => {
  const names = ['S3_ENDPOINT', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'S3_REGION'];
  const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));

  afterEach(() => {
    for (const name of names) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
  });

  test('uses that one, and leaves it alone', async () => {
    Object.assign(process.env, {
      S3_ENDPOINT: 'https://s3.example:9000/',
      S3_ACCESS_KEY_ID: 'id',
      S3_SECRET_ACCESS_KEY: 'secret',
      S3_REGION: 'eu-central-1',
    });
    expect(s3Problem()).toBeUndefined();
    const given = await startS3();
    expect(given).toMatchObject({
      endpoint: 'https://s3.example:9000',
      port: 9000,
      region: 'eu-central-1',
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      isOwn: false,
    });
    await expect(given.kill()).rejects.toThrow('a test cannot kill it');
    expect(() => given.freeze()).toThrow('a test cannot freeze it');
    await given.stop();
  });

  test('says what else must be set', async () => {
    Object.assign(process.env, { S3_ENDPOINT: 'http://s3.example', S3_ACCESS_KEY_ID: '' });
    await expect(startS3()).rejects.toThrow('S3_ENDPOINT is set, so S3_ACCESS_KEY_ID must be too');
  });
});
