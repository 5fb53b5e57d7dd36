import type { Redis } from 'ioredis';

/** How many keys the server looks at for one answer: a few milliseconds of its time. */
const KEYS_PER_SCAN = 500;

/** Every key of one server that starts with `prefix`, some of them twice, a page at a time. */
export async function* scanKeys(
  server: Redis,
  prefix: string,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  const start = Buffer.from(prefix);
  let cursor = '0';
  do {
    const [next, keys] = await server.scanBuffer(
      cursor,
      'MATCH',
      startingWith(prefix),
      'COUNT',
      KEYS_PER_SCAN,
    );
    cursor = next.toString();
    const found = keys.filter((key) => key.subarray(0, start.length).equals(start));
    if (found.length > 0) yield found;
  } while (cursor !== '0');
}

/** The glob-style pattern that matches what starts with `prefix`, taken literally. */
export function startingWith(prefix: string): string {
  return `${prefix.replaceAll(/[*?[\]\\^-]/g, '\\$&')}*`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The key as text; undefined where it is none, and so none of ours. */
export function keyText(key: Buffer): string | undefined {
  try {
    return utf8.decode(key);
  } catch {
    return undefined;
  }
}
