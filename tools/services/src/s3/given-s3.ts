import type { S3Service } from './s3.ts';

export function isS3Given(): boolean {
  return variable('S3_ENDPOINT') !== undefined;
}

/** The server the environment names. It is used, not started: nobody but its owner ends it. */
export function givenS3(): S3Service {
  const endpoint = required('S3_ENDPOINT').replace(/\/+$/, '');
  const url = new URL(endpoint);
  const cannot = (action: string): never => {
    throw new Error(`${endpoint} is given by S3_ENDPOINT: a test cannot ${action} it`);
  };
  return {
    // The tests talk to the endpoint; what listens on this machine is never this.
    host: '127.0.0.1',
    port: Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port),
    get pid() {
      return cannot('know the pid of');
    },
    endpoint,
    region: variable('S3_REGION') ?? 'us-east-1',
    accessKeyId: required('S3_ACCESS_KEY_ID'),
    secretAccessKey: required('S3_SECRET_ACCESS_KEY'),
    version: `given by S3_ENDPOINT (${endpoint})`,
    isOwn: false,
    kill: async () => cannot('kill'),
    freeze: () => cannot('freeze'),
    thaw: () => cannot('thaw'),
    restart: async () => cannot('restart'),
    stop: async () => undefined,
  };
}

function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

function required(name: string): string {
  const value = variable(name);
  if (value === undefined) throw new Error(`S3_ENDPOINT is set, so ${name} must be too`);
  return value;
}
