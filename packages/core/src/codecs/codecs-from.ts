import type { FrameCodec } from '../contract/codec.ts';
import { CacheError } from '../contract/errors.ts';
import { checkOptionNames, wrongOption } from '../engine/check-option.ts';
import { compression } from './compression.ts';
import { identified, readKey } from './encryption-key.ts';
import type { IdentifiedKey } from './encryption-key.ts';
import { encryptionWith } from './encryption.ts';

/** Settings of {@link codecsFrom}, as a configuration file has them. A member that is undefined is absent. */
export interface CodecSettings {
  /** Default `none`, which reads what was compressed before. */
  readonly compression?: 'zstd' | 'gzip' | 'none' | undefined;
  /** See {@link CompressionOptions.minBytes}. */
  readonly compressionMinBytes?: number | undefined;
  /** 32 bytes as base64 or 64 hex digits. Absent: not encrypted. Empty: an error, as a variable that is not set might be. */
  readonly encryptionKey?: string | undefined;
  /** Keys in use before: they decrypt only. */
  readonly previousEncryptionKeys?: readonly string[] | undefined;
}

const KNOWN_SETTINGS: readonly (keyof CodecSettings)[] = [
  'compression',
  'compressionMinBytes',
  'encryptionKey',
  'previousEncryptionKeys',
];

/**
 * The codecs for plain settings, in their order: compression, then encryption.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong setting; the message never shows a key.
 */
export function codecsFrom(settings: CodecSettings): FrameCodec[] {
  const owner = 'codecsFrom';
  checkOptionNames(owner, settings, KNOWN_SETTINGS);
  const { compression: algorithm = 'none', compressionMinBytes: minBytes } = settings;
  const compressing = compression({ algorithm, ...(minBytes === undefined ? {} : { minBytes }) });
  const keys = keysOf(owner, settings);
  return keys.length === 0 ? [compressing] : [compressing, encryptionWith(owner, keys)];
}

function keysOf(owner: string, { encryptionKey, previousEncryptionKeys }: CodecSettings): IdentifiedKey[] {
  const previous: unknown = previousEncryptionKeys ?? [];
  if (!Array.isArray(previous))
    throw wrongOption(owner, 'previousEncryptionKeys', 'an array', typeof previous);
  if (encryptionKey === undefined) {
    if (previous.length === 0) return [];
    const message = `${owner}: previousEncryptionKeys need an encryptionKey: without one nothing is encrypted`;
    throw new CacheError('CACHE_INVALID_OPTION', message, { param: 'encryptionKey' });
  }
  const named: [string, unknown][] = [
    ['encryptionKey', encryptionKey],
    ...previous.map((key, index): [string, unknown] => [`previousEncryptionKeys[${index}]`, key]),
  ];
  return named.map(([option, key]) => identified(owner, option, readKey(owner, option, key), undefined));
}
