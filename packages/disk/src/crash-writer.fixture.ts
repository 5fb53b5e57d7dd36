import { checkedValue, randomSize } from './checked-value.fixture.ts';
import { diskBackend } from './disk-backend.ts';

/** A process that writes without end, four values at a time, and says the key of each that is stored: until it is killed. */
const [, , directory = '', name = '', maxBytes = ''] = process.argv;
const backend = diskBackend({ directory, maxBytes: Number(maxBytes) });
let next = 0;

async function writeOn(): Promise<never> {
  for (;;) {
    const key = `${name}:${next}`;
    next += 1;
    await backend.set(key, checkedValue(randomSize()), { deleteAt: Date.now() + 3_600_000 });
    process.stdout.write(`${key}\n`);
  }
}

await Promise.all(Array.from({ length: 4 }, writeOn));
