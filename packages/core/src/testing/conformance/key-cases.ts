import assert from 'node:assert/strict';
import { assertRejects, assertStored, bytesOf } from './expectations.ts';
import type { BackendCase, BackendSubject } from './suite-case.ts';
import { group } from './suite-case.ts';

/** Longer keys are tried up to here only, where a backend takes even longer ones. */
const LONG_KEY_BYTES = 16 * 1024;

/** Two different keys never share a value, whatever characters they hold. */
export const keyCases: readonly BackendCase[] = group('keys', {
  'upper and lower case differ': apart(['key', 'Key', 'KEY', '\u00e9', '\u00c9']),

  'Unicode is not normalised': apart([
    '\u00e9',
    'e\u0301',
    '\u{1F600}',
    '\u{1F601}',
    '\u4e2d\u6587',
    '\ufb01',
    'fi',
  ]),

  'colons, dots, dashes and underscores differ': apart([
    'a:b',
    'a::b',
    'a.b',
    'a-b',
    'a_b',
    'ab',
    'a:',
    ':a',
    ':',
  ]),

  'slashes and dots are no path': apart([
    ...['a/b', 'a//b', '/a/b', 'a/b/', 'a/./b', 'a/x/../b', 'b', '../b', 'a/../../b', '.', '..', 'a\\b', 'a'],
  ]),

  'glob and pattern characters match nothing else': apart([
    'ab',
    'a?',
    'a*',
    '*',
    'a[b]',
    'a\\*',
    'a.',
    'a%',
    'a_',
    '^a$',
  ]),

  'spaces, line ends and control characters count': apart([
    ...['a', ' a', 'a ', 'a\n', 'a\r\n', 'a\t', 'a\0', 'a\0b', '\0a', 'a\u007f', 'a\u00a0', 'a  b', 'a b'],
  ]),

  'escapes and quotes are taken as they are': apart([
    ...[
      'a/b',
      'a%2Fb',
      'a%2fb',
      'a b',
      'a+b',
      'a%20b',
      '%',
      '"a"',
      "'a'",
      'a;b',
      '<a>',
      '&amp;',
      '&',
      '\\u0061',
      'a',
    ],
  ]),

  'names of object members are ordinary keys': async ({ backend, prefix, isPrefixRequired }) => {
    const before = isPrefixRequired ? prefix : '';
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'].map(
      (name) => before + name,
    );
    await backend.delete(names);
    for (const name of names) await assertStored(backend, name, undefined);
    await assertApart({ backend, prefix: '' }, names);
    assert.equal(await backend.delete(names), names.length, 'delete of all of them');
  },

  'keys that start like another are their own': async ({ backend, prefix }) => {
    await assertApart({ backend, prefix }, ['a', 'ab', 'abc', 'a:b', 'a/b']);
    await backend.delete([`${prefix}a`]);
    await assertStored(backend, `${prefix}ab`, valueOf('ab'));
    await assertStored(backend, `${prefix}a:b`, valueOf('a:b'));
  },

  'keys up to maxKeyBytes differ in their last byte': async ({ backend, prefix }) => {
    const room = longestKeyBytes(backend) - Buffer.byteLength(prefix) - 1;
    await assertApart({ backend, prefix }, [
      `${'k'.repeat(room)}1`,
      `${'k'.repeat(room)}2`,
      'k'.repeat(room),
    ]);
  },

  'key length counts bytes, not characters': async ({ backend, prefix }) => {
    const room = longestKeyBytes(backend) - Buffer.byteLength(prefix) - 1;
    const wide = '\u00e9'.repeat(Math.floor(room / 2));
    await assertApart({ backend, prefix }, [`${wide}1`, `${wide}2`]);
  },

  'a key longer than maxKeyBytes is refused, not shortened': async ({ backend, prefix }) => {
    const { maxKeyBytes } = backend.capabilities;
    if (maxKeyBytes > LONG_KEY_BYTES) return;
    const key = prefix.padEnd(maxKeyBytes + 1, 'k');
    await assertRejects('set of a key that is too long', () => backend.set(key, bytesOf('x')));
  },
});

function apart(names: readonly string[]): (subject: BackendSubject) => Promise<void> {
  return (subject) => assertApart(subject, names);
}

/** Each of `names` starts without a value and keeps its own. */
async function assertApart(
  { backend, prefix }: Pick<BackendSubject, 'backend' | 'prefix'>,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await assertStored(backend, prefix + name, undefined);
    await backend.set(prefix + name, valueOf(name));
  }
  for (const name of names) await assertStored(backend, prefix + name, valueOf(name));
}

function valueOf(name: string): Uint8Array {
  return bytesOf(`value of ${name}`);
}

function longestKeyBytes(backend: BackendSubject['backend']): number {
  return Math.min(backend.capabilities.maxKeyBytes, LONG_KEY_BYTES);
}
