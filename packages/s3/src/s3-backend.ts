import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  BACKEND_CONTRACT,
  CacheError,
  type BackendCapabilities,
  type BackendKey,
  type BackendSetOptions,
  type CacheBackend,
  type CacheErrorCode,
  type Clock,
  type OperationOptions,
} from '@cache/core';
import { ObjectRemover } from './deletion.ts';
import { codedError, errorName, errorStatus } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { deleteAtOf, headersFor } from './object-headers.ts';
import { ObjectNames } from './object-names.ts';
import { Operations } from './operations.ts';
import { placeOf, type Place } from './place.ts';
import { Requests } from './requests.ts';

/** What the backend is made of, checked and completed. */
export interface S3BackendParts {
  readonly client: S3Client;
  /** Whether `close` ends the client. */
  readonly ownsClient: boolean;
  readonly bucket: string;
  readonly path: string;
  readonly createBucket: boolean;
  /** Requests under way at once. */
  readonly maxConnections: number;
  readonly maxValueBytes: number;
  readonly clock: Clock;
}

/** Questions whether an object is there, under way at once. */
const MAX_CONCURRENT_QUESTIONS = 16;

export class S3Backend implements CacheBackend {
  readonly contract: typeof BACKEND_CONTRACT = BACKEND_CONTRACT;
  readonly name: string = 's3';
  readonly capabilities: BackendCapabilities;
  readonly #parts: S3BackendParts;
  readonly #requests: Requests;
  readonly #names: ObjectNames;
  readonly #remover: ObjectRemover;
  readonly #operations = new Operations();
  #creation: Promise<void> | undefined;

  constructor(parts: S3BackendParts) {
    this.#parts = parts;
    this.#requests = new Requests(parts.client, parts.maxConnections);
    this.#names = new ObjectNames(parts.path);
    this.#remover = new ObjectRemover(this.#requests, parts.bucket);
    // Not `native`, though `get` returns nothing expired: the server removes nothing, and `list` cannot tell.
    this.capabilities = Object.freeze({
      expiry: 'none',
      expiryResolutionMilliseconds: 0,
      maxValueBytes: parts.maxValueBytes,
      maxKeyBytes: this.#names.maxKeyBytes,
      shared: true,
    });
  }

  async get(key: string, options: OperationOptions = {}): Promise<Uint8Array | undefined> {
    const Key = this.#nameOf(key, 'get', options);
    return this.#ask('get', options, (abortSignal) =>
      this.#requests.send(abortSignal, async (client) => {
        const output = await this.#object(client, Key, abortSignal);
        if (output === undefined) return undefined;
        const bytes = (await output.Body?.transformToByteArray()) ?? new Uint8Array();
        return (deleteAtOf(output) ?? Infinity) > this.#parts.clock.now() ? bytes : undefined;
      }),
    );
  }

  async set(key: string, bytes: Uint8Array, options: BackendSetOptions = {}): Promise<void> {
    const Key = this.#nameOf(key, 'set', options);
    const { maxValueBytes } = this.capabilities;
    if (bytes.byteLength > maxValueBytes) {
      const what = `takes values of ${maxValueBytes} bytes, got ${bytes.byteLength}`;
      throw refusal('CACHE_ENTRY_TOO_LARGE', 'set', what);
    }
    // A copy: a retry must send what was signed, whatever the caller does with its bytes meanwhile.
    const Body = Buffer.from(bytes);
    await this.#ask('set', options, async (abortSignal) => {
      const headers = headersFor(Key, options.deleteAt, this.#parts.clock.now());
      const command = new PutObjectCommand({ Bucket: this.#parts.bucket, Key, Body, ...headers });
      await this.#requests.send(abortSignal, (client) => client.send(command, { abortSignal }));
    });
  }

  /**
   * S3 answers a deletion alike whether or not there was an object, so each is asked for first, and only what is there is
   * deleted: on a versioned bucket the deletion of nothing leaves a marker.
   */
  async delete(keys: readonly string[], options: OperationOptions = {}): Promise<number> {
    this.#operations.check('delete', options);
    const names = [...new Set(keys.map((key) => this.#nameOf(key, 'delete', options)))];
    if (names.length === 0) return 0;
    return this.#ask('delete', options, async (abortSignal) => {
      const present: string[] = [];
      await inParallel(names, MAX_CONCURRENT_QUESTIONS, async (name) => {
        if (await this.#exists(name, abortSignal)) present.push(name);
      });
      // Where nothing is there the bucket may be missing too, which the answer to HEAD does not tell apart.
      if (present.length === 0) await this.#page(this.#names.folder, undefined, 1, abortSignal);
      await this.#remover.remove(present, abortSignal);
      return present.length;
    });
  }

  async clear(prefix: string, options: OperationOptions = {}): Promise<number> {
    let count = 0;
    for await (const keys of this.#pagesOf(prefix, 'clear', options)) {
      const names = keys.map((key) => this.#names.nameOf(key));
      await this.#ask('clear', options, (abortSignal) => this.#remover.remove(names, abortSignal));
      count += names.length;
    }
    return count;
  }

  async *list(prefix: string, options: OperationOptions = {}): AsyncGenerator<BackendKey, void, undefined> {
    for await (const keys of this.#pagesOf(prefix, 'list', options)) {
      for (const key of keys) {
        yield { key };
        this.#operations.check('list', options);
      }
    }
  }

  /** Lists, as HEAD would give no reason for a failure. */
  async ping(options: OperationOptions = {}): Promise<void> {
    await this.#ask('ping', options, (abortSignal) =>
      this.#page(this.#names.folder, undefined, 1, abortSignal),
    );
  }

  async describe(options: OperationOptions = {}): Promise<Readonly<Record<string, unknown>>> {
    await this.ping(options);
    return { ...(await this.#place()), path: this.#parts.path };
  }

  async close(): Promise<void> {
    this.#operations.close();
    if (this.#parts.ownsClient) this.#parts.client.destroy();
  }

  async #object(
    client: S3Client,
    Key: string,
    abortSignal: AbortSignal,
  ): Promise<GetObjectCommandOutput | undefined> {
    try {
      const command = new GetObjectCommand({ Bucket: this.#parts.bucket, Key });
      const output = await client.send(command, { abortSignal });
      if ((output.ContentLength ?? 0) <= this.capabilities.maxValueBytes) return output;
      (output.Body as { destroy?: () => void } | undefined)?.destroy?.();
    } catch (error) {
      if (errorName(error) === 'NoSuchKey') return undefined;
      throw error;
    }
    throw refusal('CACHE_ENTRY_DAMAGED', 'get', `found an object larger than it writes: ${Key}`);
  }

  async #exists(Key: string, abortSignal: AbortSignal): Promise<boolean> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.#parts.bucket, Key });
      await this.#requests.send(abortSignal, (client) => client.send(command, { abortSignal }));
      return true;
    } catch (error) {
      if (errorStatus(error) === 404) return false;
      throw error;
    }
  }

  async *#pagesOf(
    prefix: string,
    operation: string,
    options: OperationOptions,
  ): AsyncGenerator<readonly string[], void, undefined> {
    for (const beginning of this.#names.beginningsOf(prefix)) {
      let token: string | undefined;
      do {
        const page = await this.#ask(operation, options, (abortSignal) =>
          this.#page(beginning, token, undefined, abortSignal),
        );
        yield page.names
          .map((name) => this.#names.keyOf(name))
          .filter((key) => key?.startsWith(prefix) === true) as string[];
        token = page.nextToken;
      } while (token !== undefined);
    }
  }

  async #page(
    Prefix: string,
    ContinuationToken: string | undefined,
    MaxKeys: number | undefined,
    abortSignal: AbortSignal,
  ): Promise<{ names: string[]; nextToken: string | undefined }> {
    const { bucket } = this.#parts;
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken, MaxKeys });
    const { Contents = [], NextContinuationToken } = await this.#requests.send(abortSignal, (client) =>
      client.send(command, { abortSignal }),
    );
    return { names: Contents.flatMap(({ Key }) => Key ?? []), nextToken: NextContinuationToken };
  }

  async #ask<T>(
    operation: string,
    options: OperationOptions,
    work: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#operations.run(operation, options, (abortSignal) =>
        this.#inBucket(() => work(abortSignal)),
      );
    } catch (error) {
      if (CacheError.is(error)) throw error;
      const { bucket, region, endpoint } = await this.#place();
      throw codedError(error, operation, `bucket "${bucket}" (region ${region}, ${endpoint})`);
    }
  }

  /** Creates the bucket, if that was asked for, when an operation finds it missing. */
  async #inBucket<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!this.#parts.createBucket || errorName(error) !== 'NoSuchBucket') throw error;
    }
    this.#creation ??= this.#createBucket().finally(() => (this.#creation = undefined));
    await this.#creation;
    return work();
  }

  async #createBucket(): Promise<void> {
    try {
      await this.#parts.client.send(new CreateBucketCommand({ Bucket: this.#parts.bucket }));
    } catch (error) {
      // Another process was faster.
      if (errorName(error) !== 'BucketAlreadyOwnedByYou') throw error;
    }
  }

  #place(): Promise<Place> {
    return placeOf(this.#parts.client, this.#parts.bucket);
  }

  #nameOf(key: string, operation: string, options: OperationOptions): string {
    this.#operations.check(operation, options);
    const { maxKeyBytes } = this.capabilities;
    if (key !== '' && Buffer.byteLength(key) <= maxKeyBytes) return this.#names.nameOf(key);
    throw refusal('CACHE_INVALID_OPTION', operation, `takes keys of 1 to ${maxKeyBytes} bytes`);
  }
}

function refusal(code: CacheErrorCode, operation: string, what: string): CacheError {
  return new CacheError(code, `s3: ${operation} ${what}`, { backend: 's3', operation });
}
