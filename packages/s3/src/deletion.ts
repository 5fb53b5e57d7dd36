import { createHash } from 'node:crypto';
import { DeleteObjectCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { CacheError } from '@cache/core';
import { errorName, errorStatus } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import type { Requests } from './requests.ts';

/** `DeleteObjects` takes 1,000, which some servers delete one after the other before they answer: for longer than a request may take. */
const BATCH = 200;

/** Single requests under way at once. */
const MAX_CONCURRENT = 16;

/** Statuses of servers that know no `DeleteObjects`, or want another form of it. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([400, 405, 411, 415, 501]);

/**
 * Deletes objects: many at once, or, on a server that has refused that once and took single deletions instead, one by
 * one from then on.
 */
export class ObjectRemover {
  readonly #requests: Requests;
  readonly #bucket: string;
  #takesBatches = true;

  constructor(requests: Requests, bucket: string) {
    this.#requests = requests;
    this.#bucket = bucket;
  }

  async remove(names: readonly string[], abortSignal: AbortSignal): Promise<void> {
    for (let start = 0; start < names.length; start += BATCH) {
      await this.#removeBatch(names.slice(start, start + BATCH), abortSignal);
    }
  }

  async #removeBatch(names: readonly string[], abortSignal: AbortSignal): Promise<void> {
    if (names.length === 1 || !this.#takesBatches) return this.#removeEach(names, abortSignal);
    try {
      await this.#removeAtOnce(names, abortSignal);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#removeEach(names, abortSignal);
      this.#takesBatches = false;
    }
  }

  async #removeAtOnce(names: readonly string[], abortSignal: AbortSignal): Promise<void> {
    const command = new DeleteObjectsCommand({
      Bucket: this.#bucket,
      Delete: { Quiet: true, Objects: names.map((Key) => ({ Key })) },
    });
    command.middlewareStack.add(
      (next) => (args) => {
        addContentMd5(args.request);
        return next(args);
      },
      { step: 'build', priority: 'low', name: 'contentMd5' },
    );
    const { Errors = [] } = await this.#requests.send(abortSignal, (client) =>
      client.send(command, { abortSignal }),
    );
    const [failure] = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
    if (failure === undefined) return;
    const message = `s3: ${Errors.length} of ${names.length} objects could not be deleted: ${failure.Code}: ${failure.Message}`;
    throw new CacheError('CACHE_BACKEND_FAILED', message, { backend: 's3', operation: 'delete' });
  }

  #removeEach(names: readonly string[], abortSignal: AbortSignal): Promise<void> {
    return inParallel(names, MAX_CONCURRENT, async (Key) => {
      const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key });
      await this.#requests.send(abortSignal, (client) => client.send(command, { abortSignal }));
    });
  }
}

/** The SDK sends a CRC-32 instead, which AWS takes and older servers, Swift among them, do not. */
function addContentMd5(request: unknown): void {
  const { headers, body } = request as { headers: Record<string, string>; body: string | Uint8Array };
  headers['content-md5'] = createHash('md5').update(body).digest('base64');
}

/** A Node in FIPS mode has no MD5, so its own refusal counts too. */
function isRefusal(error: unknown): boolean {
  if (errorStatus(error) === undefined)
    return (error as { code?: unknown }).code === 'ERR_OSSL_EVP_UNSUPPORTED';
  return REFUSALS.has(errorStatus(error)) && errorName(error) !== 'NoSuchBucket';
}
