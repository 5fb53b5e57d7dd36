import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { codecsFrom } from './codecs-from.ts';
import type { CodecSettings } from './codecs-from.ts';

const KEY = 'ab'.repeat(32);
const OLD_KEY = 'cd'.repeat(32);
const TEXT = Buffer.from('answer '.repeat(1_000));

async function through(written: CodecSettings, read: CodecSettings): Promise<Buffer> {
  let bytes: Buffer = TEXT;
  for (const codec of codecsFrom(written)) bytes = await codec.encode(bytes, 'key');
  for (const codec of codecsFrom(read).toReversed()) bytes = await codec.decode(bytes, 'key');
  return bytes;
}

describe('codecs from settings', () => {
  it('compress first, then encrypt', () => {
    const names = (settings: CodecSettings): string[] => codecsFrom(settings).map(({ name }) => name);
    expect(names({ compression: 'zstd', encryptionKey: KEY })).toEqual(['compression', 'encryption']);
    expect(names({ encryptionKey: KEY })).toEqual(['compression', 'encryption']);
    expect(names({})).toEqual(['compression']);
  });

  it('read what was written under other settings, as far as a key allows', async () => {
    for (const compression of ['zstd', 'gzip', 'none', undefined] as const) {
      expect(await through({ compression }, {})).toEqual(TEXT);
      expect(await through({}, { compression })).toEqual(TEXT);
      const rotated = { encryptionKey: KEY, previousEncryptionKeys: [OLD_KEY] };
      expect(await through({ compression, encryptionKey: OLD_KEY }, rotated)).toEqual(TEXT);
      expect(await through({ compression, encryptionKey: KEY }, rotated)).toEqual(TEXT);
    }
    await expect(through({}, { encryptionKey: KEY })).rejects.toThrow('it is not encrypted');
    await expect(through({ encryptionKey: OLD_KEY }, { encryptionKey: KEY })).rejects.toThrow(
      'not configured',
    );
  });

  it('take members that are undefined for absent', async () => {
    const settings = {
      compressionMinBytes: undefined,
      encryptionKey: undefined,
      previousEncryptionKeys: undefined,
    };
    expect(await through({ compression: 'zstd', ...settings }, settings)).toEqual(TEXT);
  });

  it('pass the size on', async () => {
    const [codec] = codecsFrom({ compression: 'zstd', compressionMinBytes: 10_000 });
    expect(await codec?.encode(TEXT, 'key')).toBe(TEXT);
  });

  it.each<[string, unknown, string]>([
    ['an empty key', { encryptionKey: '' }, 'encryptionKey must be 32 bytes'],
    ['a wrong key', { encryptionKey: KEY.slice(2) }, 'openssl rand -base64 32'],
    [
      'a wrong previous key',
      { encryptionKey: KEY, previousEncryptionKeys: [OLD_KEY, KEY.slice(2)] },
      'previousEncryptionKeys[1] must be 32 bytes',
    ],
    ['previous keys alone', { previousEncryptionKeys: [OLD_KEY] }, 'need an encryptionKey'],
    [
      'a previous key without its list',
      { encryptionKey: KEY, previousEncryptionKeys: OLD_KEY },
      'must be an array',
    ],
    ['an algorithm it does not know', { compression: 'lz4' }, 'must be "zstd", "gzip" or "none"'],
    ['a size of 0', { compression: 'zstd', compressionMinBytes: 0 }, 'minBytes must be a positive integer'],
    ['an unknown setting', { encryption_key: KEY }, 'encryption_key must be one of compression'],
  ])('refuse %s without showing a key', (_what, settings, message) => {
    const making = (): unknown => codecsFrom(settings as CodecSettings);
    expect(making).toThrow(expect.objectContaining({ code: 'CACHE_INVALID_OPTION' }));
    expect(making).toThrow(message);
    try {
      making();
    } catch (error) {
      expect(inspect(error)).not.toMatch(/abab|cdcd/);
    }
  });
});
