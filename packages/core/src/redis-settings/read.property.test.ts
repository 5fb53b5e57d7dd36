import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CacheError } from '../contract/errors.ts';
import { ALIASES, READERS, REFUSED, WITHOUT_MEANING } from './names.ts';
import { readRedisSettings, redisSettingsOf } from './read.ts';

const NAMES = [READERS, ALIASES, WITHOUT_MEANING, REFUSED].flatMap(Object.keys);

const anyValue = fc.oneof(
  fc.anything(),
  fc.constantFrom(
    'None',
    'True',
    'False',
    '',
    null,
    0,
    1,
    '6379',
    [['h', 1]],
    'redis://h',
    '[["h",1]]',
    '[{}]',
  ),
);

describe('reading settings, whatever is written', () => {
  it('ends in settings or in a CACHE_INVALID_OPTION, and reads its own output of a standalone again', () => {
    const params = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), anyValue);
    const environment = fc.dictionary(
      fc.oneof(fc.constantFrom(...NAMES), fc.string()).map((name) => `REDIS_${name.toUpperCase()}`),
      fc.oneof(fc.string(), fc.constantFrom('None', '', '1', 'redis://h', '[["h",1]]')),
    );
    fc.assert(
      fc.property(params, environment, (written, variables) => {
        try {
          const { settings } = readRedisSettings(written, variables);
          expect(['standalone', 'cluster', 'sentinel']).toContain(settings.mode);
          expect(Object.values(settings)).not.toContain(undefined);
        } catch (error) {
          if (!CacheError.is(error, 'CACHE_INVALID_OPTION')) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('never tells a secret, right or wrong', () => {
    const secret = 'x7Hush9Secret';
    const wrapped = fc.constantFrom<unknown>(
      ...[secret, `redis://:${secret}@h:99999`, `redis://h?${secret}=1`, [secret], { host: `${secret}@h` }],
      ...[[[secret + '/']], `[${secret}`, `redis://u:${secret}@h/${secret}`],
    );
    const names = NAMES.filter((name) => name !== 'ssl');
    fc.assert(
      fc.property(fc.constantFrom(...names), wrapped, fc.boolean(), (name, value, inEnvironment) => {
        const written = inEnvironment ? {} : { [name]: value };
        const variables =
          inEnvironment && typeof value === 'string' ? { [`REDIS_${name.toUpperCase()}`]: value } : {};
        let told: string;
        try {
          told = readRedisSettings({ port: 'wrong', ...written }, variables).warnings.join();
        } catch (error) {
          told = `${String(error)} ${JSON.stringify(error)}`;
        }
        // A name is no secret: the one in the query of a URL is told.
        if (value !== `redis://h?${secret}=1`) expect(told).not.toContain(secret);
      }),
      { numRuns: 1000 },
    );
  });

  it('credentials of any characters survive the way through a URL', () => {
    const word = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => text.isWellFormed() && text.trim() !== '' && !/^none$/i.test(text.trim()));
    fc.assert(
      fc.property(
        word,
        word,
        fc.nat(15),
        fc.integer({ min: 1, max: 65_535 }),
        (username, password, database, port) => {
          const credentials = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
          expect(redisSettingsOf(`redis://${credentials}@cache.internal:${port}/${database}`)).toEqual({
            ...{ mode: 'standalone', host: 'cache.internal', port, database, username, password },
          });
        },
      ),
    );
  });

  it('numbers and truths mean the same as words', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), fc.boolean(), (port, ssl) => {
        const written = readRedisSettings({ host: 'h', port, ssl }, {});
        const words = { host: 'h', port: String(port), ssl: ssl ? 'True' : 'False' };
        expect(readRedisSettings(words, {})).toEqual(written);
        const variables = { REDIS_HOST: 'h', REDIS_PORT: words.port, REDIS_SSL: words.ssl };
        expect(readRedisSettings({}, variables)).toEqual(written);
      }),
    );
  });
});
