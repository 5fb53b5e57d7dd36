import { createHash, createHmac } from 'node:crypto';
import { request, type SmallAnswer } from './request.ts';
import type { S3Service } from './s3.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const sign = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

type Credentials = Pick<S3Service, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>;

/** Asks an S3 server as its clients do: Signature Version 4, as AWS describes it for one chunk. Paths need no escaping. */
export function signedRequest(
  s3: Credentials,
  method: string,
  path: string,
  body: string = '',
): Promise<SmallAnswer> {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = date.slice(0, 8);
  const headers: Record<string, string> = {
    host: new URL(s3.endpoint).host,
    'x-amz-content-sha256': hash(body),
    'x-amz-date': date,
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = [method, path, '', lines.join(''), names, hash(body)].join('\n');
  const scope = `${day}/${s3.region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n');
  const key = [day, s3.region, 's3', 'aws4_request'].reduce<string | Buffer>(
    sign,
    `AWS4${s3.secretAccessKey}`,
  );
  const signature = sign(key, text).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${s3.accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}`;
  return request(`${s3.endpoint}${path}`, { method, headers: { ...headers, authorization }, body });
}
