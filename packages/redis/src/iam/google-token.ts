import { CacheError } from '@cache/core';
import type { RedisGoogleIamSettings } from '@cache/core/redis-settings';
import type { GoogleAuth } from 'google-auth-library';
import type { Token } from './credentials.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const DEFAULT_ENDPOINT = 'https://iamcredentials.googleapis.com';
const REQUEST_LIMIT_MILLISECONDS = 10_000;

/**
 * Fetches access tokens of the account that Memorystore is to be used as: Application Default Credentials say who we are, the
 * IAM Credentials API (`generateAccessToken`) makes a token of the other account's, as LiteLLM does. The role "Service
 * Account Token Creator" on the account is needed.
 *
 * @returns a function that rejects with CacheError `CACHE_BACKEND_UNAVAILABLE` and Google's reason.
 */
export function googleTokens(settings: RedisGoogleIamSettings): () => Promise<Token> {
  const account = settings.serviceAccount.replace(/^.*\//, '');
  const endpoint = (settings.endpoint ?? DEFAULT_ENDPOINT).replace(/\/+$/, '');
  const url = `${endpoint}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`;
  // Nothing here is about a project; without one the library would ask Google for ours.
  const projectId = /@([^.]+)\./.exec(account)?.[1] ?? account;
  let auth: GoogleAuth | undefined;
  return async () => {
    try {
      // Loaded when it is needed: most Redis servers have nothing to do with Google.
      auth ??= new (await import('google-auth-library')).GoogleAuth({ scopes: SCOPE, projectId });
      const { data } = await auth.request<unknown>({
        ...{ url, method: 'POST', data: { scope: [SCOPE] } },
        timeout: REQUEST_LIMIT_MILLISECONDS,
      });
      return tokenOf(data);
    } catch (error) {
      throw tokenError(account, error);
    }
  };
}

function tokenOf(data: unknown): Token {
  const { accessToken, expireTime } = (data ?? {}) as {
    readonly accessToken?: unknown;
    readonly expireTime?: unknown;
  };
  const expiresAt = typeof expireTime === 'string' ? Date.parse(expireTime) : Number.NaN;
  if (typeof accessToken !== 'string' || accessToken === '' || Number.isNaN(expiresAt)) {
    throw new Error('the answer holds no token');
  }
  return { password: accessToken, expiresAt };
}

/** Without Google's error as its cause: that one holds the request, and with it a token of ours. */
function tokenError(account: string, error: unknown): CacheError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CacheError('CACHE_BACKEND_UNAVAILABLE', `redis: no token of Google for ${account}: ${reason}`, {
    backend: 'redis',
  });
}
