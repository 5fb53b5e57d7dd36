import { afterAll, beforeAll, test } from '@jest/globals';
import { backendSuite } from '@cache/core/testing';
import { describeWith, s3Problem, startS3, type S3Service } from '@cache/services';
import { backendOver, bareClient, newBucket } from './s3.fixture.ts';

/** The suite writes a thousand objects five times; servers of one process take a while. */
const TIMEOUT_MILLISECONDS = 180_000;

describeWith(s3Problem(), 'a bucket keeps the contract', () => {
  let server: S3Service;
  let bucket: string;

  beforeAll(async () => {
    server = await startS3();
    const client = bareClient(server);
    bucket = await newBucket(client);
    client.destroy();
  }, 90_000);

  afterAll(() => server.stop());

  backendSuite({
    test: (name, run) => test(name, run, TIMEOUT_MILLISECONDS),
    create: async () => {
      const options = { bucket, path: 'answers/of tests', maxValueBytes: 2 * 1024 * 1024 };
      return {
        backend: backendOver(server, options),
        reopen: async () => backendOver(server, options),
      };
    },
  });
});
