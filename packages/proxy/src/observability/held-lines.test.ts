import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { heldLines } from './held-lines.ts';

const written: string[] = [];
const lines = heldLines({ write: (text: string) => void written.push(text) });

beforeEach(() => {
  jest.useFakeTimers();
  written.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

describe('lines held back', () => {
  it('go on together after half a second', () => {
    lines.write('one\n');
    lines.write('two\n');
    jest.advanceTimersByTime(499);
    expect(written).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(written).toEqual(['one\ntwo\n']);
    jest.advanceTimersByTime(10_000);
    expect(written).toHaveLength(1);
  });

  it('go on at once when there are many of them', () => {
    lines.write('x'.repeat(32_767));
    expect(written).toEqual([]);
    lines.write('y');
    expect(written).toHaveLength(1);
    jest.advanceTimersByTime(500);
    expect(written).toHaveLength(1);
  });

  it('go on when asked, once', () => {
    lines.write('one\n');
    lines.release();
    lines.release();
    expect(written).toEqual(['one\n']);
  });
});
