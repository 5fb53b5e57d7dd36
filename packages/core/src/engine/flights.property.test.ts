import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CacheError } from '../contract/errors.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { FakeClock } from '../testing/index.ts';
import { question } from './cache.fixture.ts';
import { bench } from './controlled-provider.fixture.ts';
import { framed } from './framed.ts';
import { Run, type Client, type ClientPlan, type Step } from './run.fixture.ts';
import type { Ending } from './scripted-call.fixture.ts';

const BOUND = 4_000;

const plan: fc.Arbitrary<ClientPlan> = fc.record({
  subject: fc.nat({ max: 1 }),
  demand: fc.constantFrom('whole', 'stream', 'stream with usage'),
  controls: fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.constantFrom({ 'no-cache': true }, { 'no-store': true }) },
  ),
  isLimited: fc.oneof(
    { weight: 8, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});
const someone = fc.nat({ max: 11 });
const stepOf = (clients: fc.Arbitrary<ClientPlan>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('arrive' as const), plan: clients }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('leave', 'stop reading'), client: someone }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('read' as const), client: someone }) },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('provide' as const),
        call: someone,
        times: fc.integer({ min: 1, max: 8 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ type: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 40 }) }),
    },
  );
const stepsOf = (clients: fc.Arbitrary<ClientPlan>): fc.Arbitrary<Step[]> =>
  fc.array(stepOf(clients), { minLength: 1, maxLength: 40, size: 'max' });
const ending = fc.constantFrom<Ending>(
  'complete',
  'no usage',
  'cut',
  'ended early',
  'error',
  'refused',
  'too long',
  'filtered',
  'malformed',
);

async function run(steps: readonly Step[], endings: readonly Ending[], isRemote: boolean): Promise<Run> {
  const clock = new FakeClock();
  const store = isRemote ? framed(memoryBackend({ clock })) : memoryStore({ clock });
  const under = new Run(bench({ clock, store, maxEntryBytes: BOUND }), endings);
  for (const step of steps) await under.take(step);
  await under.finish();
  return under;
}

/** What the answer says: the text of the call it came from. */
function saidBy({ answer, text, plan: { demand } }: Client): string {
  if (demand === 'whole' || !text.startsWith('data: ')) return contentOfWhole(text);
  const events = text.split('\n\n').flatMap((event) => (event.startsWith('data: ') ? [event.slice(6)] : []));
  expect(answer?.status).toBe(200);
  expect(events.at(-1)).toBe('[DONE]');
  if (demand === 'stream') expect(text).not.toContain('"usage":{');
  return events
    .filter((event) => event.startsWith('{'))
    .map((event) => JSON.parse(event) as { choices: { delta: { content?: string } }[] })
    .map((chunk) => chunk.choices[0]?.delta.content ?? '')
    .join('');
}

function contentOfWhole(text: string): string {
  const whole = JSON.parse(text) as { choices: { message: { content: string } }[] };
  return whole.choices[0]?.message.content ?? '';
}

/** The errors a client may be told; each names what happened to its own call or its provider. */
function isWellFormedFailure({ error, answer, text }: Client): boolean {
  if (error !== undefined) {
    if (CacheError.is(error)) return ['CACHE_PROVIDER_CUT', 'CACHE_READER_TOO_SLOW'].includes(error.code);
    return error instanceof Error && /^(limited|refused)/.test(error.message);
  }
  if (answer?.status === 503) return text === 'unwell';
  return text.includes('stream_interrupted') && !text.includes('[DONE]') && text.endsWith('\n\n');
}

function storedText(under: Run, subject: number): Promise<string | undefined> {
  const { cache } = under.on;
  const asked = question(`subject ${subject}`) as never;
  const [callType] = cache.options.callTypes;
  if (callType === undefined) throw new Error('no call type');
  const { key } = cache.request(cache.readCall(callType, asked));
  return Promise.resolve(cache.store.get(key)).then((entry) =>
    entry === undefined ? undefined : contentOfWhole(entry.body.toString()),
  );
}

describe('any number of clients, however they come, read and go', () => {
  it('all who stay get a complete answer to their own question, or an error that says so; nothing is left over', async () => {
    await fc.assert(
      fc.asyncProperty(
        stepsOf(plan),
        fc.array(ending, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (steps, endings, isRemote) => {
          const under = await run(steps, endings, isRemote);
          for (const client of under.clients) {
            if (client.state === 'left' || isWellFormedFailure(client)) continue;
            const said = saidBy(client);
            const call = under.calls.find(({ text }) => text === said);
            expect(call).toMatchObject({ subject: client.plan.subject, isCompleted: true });
          }
          expect(under.on.cache.callsUnderWay).toBe(0);
          for (const call of under.calls)
            expect(call.isCompleted || call.signal.aborted || call.hasFailed).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('an entry is stored exactly if a storable answer was complete: that of the youngest call', async () => {
    await fc.assert(
      fc.asyncProperty(
        stepsOf(plan),
        fc.array(ending, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (steps, endings, isRemote) => {
          const under = await run(steps, endings, isRemote);
          for (const subject of [0, 1]) {
            const storable = under.calls.filter((call) => call.subject === subject && call.isStorable);
            // One that was cancelled just after its last piece was sent may have been taken or not.
            const certain = storable.findLastIndex(({ signal }) => !signal.aborted);
            // A flight that looks in a shared tier first calls later than it began: any may be the youngest there.
            const youngest = isRemote ? storable : storable.slice(Math.max(0, certain));
            const possible: (string | undefined)[] = youngest.map(({ text }) => text);
            if (certain === -1) possible.push(undefined);
            expect(possible).toContain(await storedText(under, subject));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('while the provider is well, no question is asked twice unless everybody left it', async () => {
    const plain = plan.map((given) => ({ ...given, controls: {}, isLimited: false }));
    await fc.assert(
      fc.asyncProperty(stepsOf(plain), fc.boolean(), async (steps, isRemote) => {
        const under = await run(steps, ['complete'], isRemote);
        for (const subject of [0, 1]) {
          const answered = under.calls.filter((call) => call.subject === subject && !call.signal.aborted);
          expect(answered.length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
