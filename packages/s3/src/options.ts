import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { Clock } from '@cache/core';

/** A key pair, with the token of a session if it is a temporary one. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Proxies by the scheme of the endpoint, as URLs such as `http://proxy.local:3128`. Needs Node 22.21, 24.5 or newer. */
export interface S3Proxies {
  readonly http?: string;
  readonly https?: string;
  /** Hosts asked directly, as in `NO_PROXY`. */
  readonly except?: string;
}

/** How to reach the server. All of it may be left out. */
export interface S3ConnectionOptions {
  /**
   * Default: that of the AWS configuration of this process (`AWS_REGION`, profile), else `us-east-1`. A bucket elsewhere is
   * found, at the price of a second request each time.
   */
  readonly region?: string;
  /** `http://` or `https://` URL of a server that speaks S3. Default: AWS. */
  readonly endpoint?: string;
  /** Default: AWS's own chain: environment, profile, web identity, container, instance. */
  readonly credentials?: S3Credentials;
  /** Of the AWS configuration files. Default: `AWS_PROFILE`, else `default`. */
  readonly profile?: string;
  /** Whether AWS is asked over TLS. Default true. An `endpoint` says it by its scheme. */
  readonly useTls?: boolean;
  /** False: any certificate is taken, and whoever is in between reads and changes everything. Default true. */
  readonly verifyTls?: boolean;
  /** PEM file of the authorities to trust instead of Node's. */
  readonly caFile?: string;
  /** PEM file of this client's certificate, where the server asks for one; and of its key, where that is not in it. */
  readonly clientCertificateFile?: string;
  readonly clientKeyFile?: string;
  /**
   * Whether the bucket stands in the path of a URL or in its host. Default: in the path if there is an `endpoint` and it is
   * not AWS's.
   */
  readonly forcePathStyle?: boolean;
  /** Milliseconds a connection may take. Default 3,000; 0 is refused. */
  readonly connectTimeoutMilliseconds?: number;
  /** Milliseconds until an answer begins, and between two pieces of it. Default 10,000; 0 is refused. */
  readonly requestTimeoutMilliseconds?: number;
  /** How often a request is sent at most. Default 2; 1: no retry; 0 is refused. */
  readonly maxAttempts?: number;
  /** Connections kept and in use at most; further requests wait for one. Default 50; 0 is refused. */
  readonly maxConnections?: number;
  /** Default: none. */
  readonly proxies?: S3Proxies;
  /** Anything else the SDK's client can be told. Comes last: it wins. */
  readonly clientOptions?: Partial<S3ClientConfig>;
}

/** Where in the bucket, and how much. */
export interface S3StorageOptions {
  /** Its name. Required. */
  readonly bucket: string;
  /** Folder of all objects, at most 240 bytes. Slashes at its end do not count. Default: none. */
  readonly path?: string;
  /** Create the bucket when an operation finds it missing. Default false. */
  readonly createBucket?: boolean;
  /** Largest value in bytes. Default 67,108,864 (64 MiB); 0 is refused. */
  readonly maxValueBytes?: number;
  /** Decides what has expired. Default: the machine's own. */
  readonly clock?: Clock;
}

/** Options of `s3Backend`: with a client of yours, which stays open, or with how to make one. */
export type S3BackendOptions = S3StorageOptions &
  ((S3ConnectionOptions & { readonly client?: never }) | { readonly client: S3Client });
