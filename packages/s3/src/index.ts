export { definition } from './definition.ts';
export { s3Backend } from './s3.ts';

export type {
  S3BackendOptions,
  S3ConnectionOptions,
  S3Credentials,
  S3Proxies,
  S3StorageOptions,
} from './options.ts';
