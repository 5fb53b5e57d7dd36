import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { startRig } from '../tiered.fixture.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  // What the first one found is freed beside it; the second one waits for that.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('reads of the shared tier', () => {
  it('leave nothing behind, whatever is asked for', async () => {
    const { other: store } = await startRig();
    const readMissingKeys = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        await store.get(`${index} ${Buffer.alloc(10_000, index).toString('latin1')}`);
      }
    };
    await readMissingKeys(100);
    const before = heapBytes();
    await readMissingKeys(2_000);
    // The keys alone are 20 MB.
    expect(heapBytes() - before).toBeLessThan(5_000_000);
  });
});
