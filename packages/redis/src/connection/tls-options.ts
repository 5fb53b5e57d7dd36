import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import { CacheError } from '@cache/core';
import type { RedisTlsSettings } from '@cache/core/redis-settings';

/**
 * TLS as Node takes it. Files are read once, now, and one context serves all connections: a certificate that was replaced is
 * seen after a restart.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` that names the setting whose file is missing or is no PEM.
 */
export function tlsOptions(tls: RedisTlsSettings): ConnectionOptions {
  const isVerified = tls.verify ?? true;
  const isHostChecked = isVerified && (tls.checkHostname ?? true);
  return {
    secureContext: secureContext(tls),
    rejectUnauthorized: isVerified,
    ...(isHostChecked ? {} : { checkServerIdentity: () => undefined }),
  };
}

function secureContext(tls: RedisTlsSettings): NonNullable<ConnectionOptions['secureContext']> {
  const { caFile, caFolder, caPem, certificateFile, keyFile, keyPassphrase, minVersion, ciphers } = tls;
  const authorities = [
    ...(caFile === undefined ? [] : [pemOf('tls.caFile (ssl_ca_certs)', caFile)]),
    ...(caFolder === undefined ? [] : pemsIn('tls.caFolder (ssl_ca_path)', caFolder)),
    ...(caPem === undefined ? [] : [checkedPem('tls.caPem (ssl_ca_data)', caPem)]),
  ];
  const certificate =
    certificateFile === undefined ? undefined : pemOf('tls.certificateFile (ssl_certfile)', certificateFile);
  const key = keyFile === undefined ? certificate : pemOf('tls.keyFile (ssl_keyfile)', keyFile);
  if (keyFile !== undefined && certificate === undefined) {
    throw invalid('tls.keyFile (ssl_keyfile)', 'needs tls.certificateFile (ssl_certfile)');
  }
  const options: SecureContextOptions = {
    ...(authorities.length === 0 ? {} : { ca: authorities }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(keyPassphrase === undefined ? {} : { passphrase: keyPassphrase }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
  try {
    return createSecureContext(options);
  } catch (error) {
    // What OpenSSL says names no file: a key for another certificate, a wrong passphrase, a cipher nobody knows.
    throw invalid('tls', `cannot be used: ${reasonOf(error)}`, error);
  }
}

function pemsIn(setting: string, folder: string): string[] {
  const files = attempt(setting, () => readdirSync(folder, { withFileTypes: true }));
  const texts = files
    .filter((file) => !file.isDirectory())
    .map((file) => readFileSync(join(folder, file.name), 'latin1'))
    .filter(isPem);
  if (texts.length === 0) throw invalid(setting, 'holds no certificate in PEM form');
  return texts;
}

function pemOf(setting: string, file: string): string {
  return checkedPem(
    setting,
    attempt(setting, () => readFileSync(file, 'utf8')),
  );
}

function checkedPem(setting: string, text: string): string {
  if (!isPem(text)) throw invalid(setting, 'is no PEM');
  return text;
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

function attempt<T>(setting: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw invalid(setting, `cannot be read: ${reasonOf(error)}`, error);
  }
}

function reasonOf(error: unknown): string {
  const { message } = error as { readonly message?: unknown };
  return typeof message === 'string' ? message : String(error);
}

function invalid(setting: string, what: string, cause?: unknown): CacheError {
  return new CacheError('CACHE_INVALID_OPTION', `redis: ${setting} ${what}`, {
    backend: 'redis',
    param: setting,
    ...(cause === undefined ? {} : { cause }),
  });
}
