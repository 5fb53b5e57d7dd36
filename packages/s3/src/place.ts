import type { S3Client } from '@aws-sdk/client-s3';

/** Where a bucket is, for messages and `/cache/ping`. No secrets. */
export interface Place {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
}

/** Never rejects: what is not known is said to be. */
export async function placeOf(client: S3Client, bucket: string): Promise<Place> {
  const region = await client.config.region().catch(() => 'unknown');
  const endpoint = await endpointOf(client, region).catch(() => 'unknown');
  return { endpoint, bucket, region };
}

async function endpointOf({ config }: S3Client, region: string): Promise<string> {
  if (config.endpoint !== undefined) {
    const { protocol, hostname, port, path } = await config.endpoint();
    const host = port === undefined ? hostname : `${hostname}:${port}`;
    return `${protocol}//${host}${path === '/' ? '' : path}`;
  }
  const { url } = config.endpointProvider({
    Region: region,
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
  });
  return url.origin;
}
