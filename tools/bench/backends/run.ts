import { randomBytes } from 'node:crypto';
import { countConformance } from './conformance.ts';
import { CONCURRENCY, measure, ROUNDS, type Figures, type Subject } from './measure.ts';
import { PLACES, type Place } from './places.ts';

/**
 * `npm run bench:backends`: every backend beside the bare client over the same server, in turns, in one run; and how many
 * cases of the conformance suite it passes there. Prints the table of the README. Arguments choose by name: `redis`, `disk`.
 */
const VALUE_BYTES = 2048;
const chosen = process.argv.slice(2);

function cells({ getP50, setP50, getsPerSecond, setsPerSecond }: Figures, bare: Figures): string[] {
  return [
    `${getP50.toFixed(2)} (${bare.getP50.toFixed(2)})`,
    `${setP50.toFixed(2)} (${bare.setP50.toFixed(2)})`,
    `${rounded(getsPerSecond)} (${rounded(bare.getsPerSecond)})`,
    `${rounded(setsPerSecond)} (${rounded(bare.setsPerSecond)})`,
  ];
}

function rounded(rate: number): string {
  return Math.round(rate).toLocaleString('en');
}

async function lineOf(name: string, place: Place): Promise<string> {
  const { passed, failed } = await countConformance(place.open, '');
  for (const failure of failed) process.stderr.write(`${name}: ${failure}\n`);
  const backend = await place.open();
  const subject: Subject = {
    get: (key) => backend.get(key),
    set: (key, bytes) => backend.set(key, bytes, { deleteAt: Date.now() + 600_000 }),
  };
  try {
    const figures = await measure({ backend: subject, bare: place.bare }, randomBytes(VALUE_BYTES));
    const conformance = `${passed} of ${passed + failed.length}`;
    return row([name, conformance, place.server, ...cells(figures.backend, figures.bare)]);
  } finally {
    await backend.close();
  }
}

function row(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

print(
  `Node ${process.version}; values of ${VALUE_BYTES} bytes; medians of ${ROUNDS} alternating rounds; p50 in ms, one operation at a time; rates with ${CONCURRENCY} under way; the bare client in brackets\n`,
);
const columns = ['backend', 'conformance', 'server', 'get p50', 'set p50', 'gets/s', 'sets/s'];
print(row(columns));
print(row(columns.map(() => '---')));
for (const [name, start] of Object.entries(PLACES)) {
  if (chosen.length > 0 && !chosen.some((part) => name.includes(part))) continue;
  const place = await start();
  try {
    print(await lineOf(name, place));
  } finally {
    await place.close();
  }
}
