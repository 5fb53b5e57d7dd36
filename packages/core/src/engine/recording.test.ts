import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Recording } from './recording.ts';

const byLength = (text: string): number => text.length;

async function all(reader: AsyncIterable<readonly string[]>): Promise<string> {
  let text = '';
  for await (const batch of reader) text += batch.join('');
  return text;
}

describe('a recording within its bound', () => {
  it('gives every reader everything, whenever it comes and however it reads', async () => {
    const pieces = fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 5 }),
        async (items, joins) => {
          const recording = new Recording(1000, byLength);
          const readers: Promise<string>[] = [];
          for (const [index, item] of [...items, undefined].entries()) {
            for (const join of joins)
              if (join % (items.length + 1) === index) readers.push(all(recording.read()));
            if (item !== undefined) recording.append(item);
            if (index % 3 === 0) await Promise.resolve();
          }
          recording.end();
          for (const text of await Promise.all(readers)) expect(text).toBe(items.join(''));
          expect(readers).toHaveLength(joins.length);
        },
      ),
    );
  });

  it('never makes the provider wait, even if nobody reads', async () => {
    const recording = new Recording(1000, byLength);
    recording.read();
    recording.append('x'.repeat(1000));
    await recording.drained();
    expect(recording.overflowed).toBe(false);
  });

  it('tells every reader why it failed, after what had arrived', async () => {
    const recording = new Recording(1000, byLength);
    const reader = recording.read();
    recording.append('start');
    recording.fail(new Error('cut'));
    expect((await reader.next()).value).toEqual(['start']);
    await expect(reader.next()).rejects.toThrow('cut');
    await expect(all(recording.read())).rejects.toThrow('cut');
  });

  it('a reader that gives up is done, even while it waits', async () => {
    const recording = new Recording(1000, byLength);
    const reader = recording.read();
    const waiting = reader.next();
    await reader.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('a recording that grew past its bound', () => {
  const KILOBYTE = 'x'.repeat(1024);

  it('refuses readers that come too late for the beginning', async () => {
    const recording = new Recording(1024, byLength);
    recording.append(KILOBYTE);
    recording.append(KILOBYTE);
    await expect(recording.read().next()).rejects.toMatchObject({ code: 'CACHE_READER_TOO_SLOW' });
  });

  it('keeps no more than its bound and the high-water mark for the slowest', async () => {
    const recording = new Recording(1024, byLength);
    const fast = recording.read();
    const idle = recording.read();
    for (let sent = 0; sent < 300; sent++) {
      recording.append(KILOBYTE);
      await fast.next();
      expect(recording.items.length).toBeLessThanOrEqual(66);
    }
    await expect(idle.next()).rejects.toMatchObject({ code: 'CACHE_READER_TOO_SLOW' });
  });

  it('makes the provider wait for the fastest reader, and for nobody once all have left', async () => {
    const recording = new Recording(1024, byLength);
    const reader = recording.read();
    for (let sent = 0; sent < 70; sent++) recording.append(KILOBYTE);
    let goesOn = false;
    const waiting = recording.drained().then(() => (goesOn = true));
    await new Promise(setImmediate);
    expect(goesOn).toBe(false);
    await reader.next();
    await waiting;
    for (let sent = 0; sent < 70; sent++) recording.append(KILOBYTE);
    const again = recording.drained();
    await reader.return?.();
    await again;
  });
});
