/** What other servers than Amazon's take, and Amazon's own took until 2018, in us-east-1. */
export const ANY_BUCKET_NAME = "the name of a bucket, of 3 to 255 letters, digits, '.', '-' and '_'";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const AMAZON_BUCKET_NAME = "the name of a bucket, of 3 to 63 characters of a-z, 0-9, '.' and '-'";

/** An access point stands in the place of a bucket, by its ARN. */
const ARN = /^arn:[\w:.-]+$/;

export function isBucketName(name: string): boolean {
  return /^[A-Za-z0-9._-]{3,255}$/.test(name) || ARN.test(name);
}

/** Whether Amazon may have a bucket of this name, for requests that go to it. */
export function isAmazonBucketName(name: string, region: string | undefined): boolean {
  return /^[a-z0-9.-]{3,63}$/.test(name) || ARN.test(name) || region === 'us-east-1';
}

export function isAmazonEndpoint(endpoint: string | undefined): boolean {
  return (
    endpoint === undefined || /^https?:\/\/[^/?#]*\.amazonaws\.com(\.cn)?(:\d+)?([/?#]|$)/i.test(endpoint)
  );
}
