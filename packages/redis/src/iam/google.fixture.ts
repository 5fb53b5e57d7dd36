import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What the IAM Credentials API answers to one request. */
export type Answer =
  | { readonly token: string; readonly expiresAt: number }
  | { readonly status: number; readonly reason: string };

/** What the IAM Credentials API was asked. */
export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface FakeGoogle {
  /** For `googleIam.endpoint`. */
  readonly endpoint: string;
  readonly asked: readonly Asked[];
  answerWith(answer: Answer): void;
  stop(): Promise<void>;
}

/**
 * Google's token service and IAM Credentials API on loopback, and Application Default Credentials that lead there: an external
 * account (workload identity federation), whose token address stands in its file.
 */
export async function startGoogle(): Promise<FakeGoogle> {
  const asked: Asked[] = [];
  let answer: Answer = { status: 503, reason: 'not yet' };
  const server = createServer((request, response) => {
    void reply(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  const reply = async (request: IncomingMessage): Promise<{ status: number; body: object }> => {
    const sent = await text(request);
    if (request.url === '/v1/token') return { status: 200, body: sourceToken };
    asked.push({
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body: JSON.parse(sent),
    });
    if ('status' in answer) {
      const { status, reason } = answer;
      return { status, body: { error: { code: status, message: reason, status: 'PERMISSION_DENIED' } } };
    }
    return {
      status: 200,
      body: { accessToken: answer.token, expireTime: new Date(answer.expiresAt).toISOString() },
    };
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forget = useCredentials(endpoint);
  return {
    endpoint,
    asked,
    answerWith: (next) => (answer = next),
    stop: async () => {
      forget();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const sourceToken = {
  access_token: 'source-token',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3600,
};

function useCredentials(endpoint: string): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'cache-test-google-'));
  const subject = join(folder, 'subject');
  writeFileSync(subject, 'who-we-are');
  const file = join(folder, 'credentials.json');
  const credentials = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/test',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${endpoint}/v1/token`,
    credential_source: { file: subject },
  };
  writeFileSync(file, JSON.stringify(credentials));
  const before = process.env['GOOGLE_APPLICATION_CREDENTIALS'];
  process.env['GOOGLE_APPLICATION_CREDENTIALS'] = file;
  return () => {
    if (before === undefined) delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    else process.env['GOOGLE_APPLICATION_CREDENTIALS'] = before;
    rmSync(folder, { recursive: true, force: true });
  };
}
