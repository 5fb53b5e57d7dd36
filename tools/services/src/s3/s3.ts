import type { Service } from '../service.ts';
import type { TlsFiles } from '../tls-files.ts';
import { givenS3, isS3Given } from './given-s3.ts';
import { startSwift, swiftProblem } from './swift.ts';

export interface S3Service extends Service {
  /** Such as `http://127.0.0.1:11234`. Buckets are addressed by path. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Software and version, such as `OpenStack Swift 2.30.1`. */
  readonly version: string;
  /** False for one given by `S3_ENDPOINT`: it cannot be killed, frozen or restarted, and has no pid. */
  readonly isOwn: boolean;
}

export interface S3Options {
  /** Speaks TLS only. Not for one given by `S3_ENDPOINT`. */
  readonly tls?: TlsFiles;
}

/** Why there is no S3 server here; undefined when one is given or can be started. */
export function s3Problem(): string | undefined {
  return isS3Given() ? undefined : swiftProblem();
}

/**
 * The S3 server given by `S3_ENDPOINT`, `S3_ACCESS_KEY_ID`, `S3_SECRET_ACCESS_KEY` and `S3_REGION` (default: us-east-1); else
 * an OpenStack Swift of its own. Kill, freeze and restart are those of its front: objects stay.
 */
export async function startS3(options: S3Options = {}): Promise<S3Service> {
  const problem = s3Problem();
  if (problem !== undefined) throw new Error(problem);
  return isS3Given() && options.tls === undefined ? givenS3() : startSwift(options);
}
