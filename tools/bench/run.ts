import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, median, percentile, post, type Round } from './load.ts';
import { canPin, pinSelf, startProxy, startScript, type BenchServer } from './servers.ts';

/**
 * `npm run bench`: what a hit costs beside the cheapest possible server, and what a miss adds to calling the provider
 * directly. Only ratios of the same run are meant to be compared: servers take turns, on one core, under one generator.
 */
const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 32;
const SERVER_CORE = 0;
const GENERATOR_CORE = 1;
const MAIN = join(import.meta.dirname, '../../apps/proxy/dist/main.js');
const PATH = '/v1/chat/completions';
const AUTHORIZED = ['authorization: Bearer sk-bench'];

function body(n: number | 'same'): Buffer {
  const text = `Question ${n}. ` + 'Please answer in two or three well-chosen sentences. '.repeat(30);
  const messages = [
    { role: 'system', content: 'You are terse.' },
    { role: 'user', content: text },
  ];
  return Buffer.from(JSON.stringify({ model: 'bench', temperature: 0.2, messages }));
}

function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

function figures(name: string, rounds: readonly Round[]): string {
  const rates = rounds.map(({ perSecond }) => perSecond);
  const at = (share: number): string =>
    (median(rounds.map(({ latencies }) => percentile(latencies, share))) / 1000).toFixed(2);
  const spread = `${Math.round(Math.min(...rates))}-${Math.round(Math.max(...rates))}`;
  return `${name.padEnd(34)} ${String(Math.round(median(rates))).padStart(7)}/s (${spread})  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`;
}

async function hits(proxy: BenchServer, bare: BenchServer): Promise<void> {
  const same = post(PATH, body('same'), AUTHORIZED);
  const request = (): Buffer => same;
  const rounds: { bare: Round[]; proxy: Round[] } = { bare: [], proxy: [] };
  for (const port of [bare.port, proxy.port])
    await load({ port, connections: CONNECTIONS, seconds: 2, request });
  for (let round = 0; round < ROUNDS; round++) {
    rounds.bare.push(await load({ port: bare.port, connections: CONNECTIONS, seconds: SECONDS, request }));
    rounds.proxy.push(await load({ port: proxy.port, connections: CONNECTIONS, seconds: SECONDS, request }));
  }
  const ratios = rounds.proxy.map(
    ({ perSecond }, index) => perSecond / (rounds.bare[index]?.perSecond ?? Number.NaN),
  );
  print(`Hits, ${CONNECTIONS} connections, ${ROUNDS} alternating rounds of ${SECONDS} s:`);
  print(`  ${figures('node:http, read + hash + write', rounds.bare)}`);
  print(`  ${figures('cache-proxy, memory hit', rounds.proxy)}`);
  const range = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`;
  print(`  ratio ${median(ratios).toFixed(3)} (${range})`);
}

async function misses(proxy: BenchServer, provider: BenchServer): Promise<void> {
  let unique = 0;
  const request = (): Buffer => post(PATH, body(unique++), AUTHORIZED);
  for (const connections of [1, 16]) {
    const rounds: { direct: Round[]; proxy: Round[] } = { direct: [], proxy: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const limits = { connections, seconds: SECONDS, maxRequests: 2000, request };
      rounds.direct.push(await load({ port: provider.port, ...limits }));
      rounds.proxy.push(await load({ port: proxy.port, ...limits }));
    }
    print(`Misses, ${connections} connection${connections === 1 ? '' : 's'}, every body new:`);
    print(`  ${figures('provider, directly', rounds.direct)}`);
    print(`  ${figures('through cache-proxy', rounds.proxy)}`);
    const p50 = (of: readonly Round[]): number =>
      median(of.map(({ latencies }) => percentile(latencies, 0.5)));
    print(`  added at p50: ${((p50(rounds.proxy) - p50(rounds.direct)) / 1000).toFixed(2)} ms`);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'cache-bench-'));
const running: BenchServer[] = [];
try {
  pinSelf(GENERATOR_CORE);
  print(
    `Node ${process.version}; ${canPin ? 'servers on core 0, generator on core 1' : 'not pinned: no taskset'}`,
  );
  const provider = await startScript(join(import.meta.dirname, 'provider-server.ts'), [], GENERATOR_CORE);
  running.push(provider);
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `model_list:
  - model_name: bench
    litellm_params: { model: openai/bench, api_base: "http://127.0.0.1:${provider.port}/v1", api_key: none }
litellm_settings: { cache: true, cache_params: { type: local, ttl: 3600 } }
general_settings: { master_key: sk-bench }
`,
  );
  const proxy = await startProxy(MAIN, { config, log: join(folder, 'log'), core: SERVER_CORE });
  running.push(proxy);
  const first = await fetch(`http://127.0.0.1:${proxy.port}${PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' },
    body: new Uint8Array(body('same')),
  });
  const answerFile = join(folder, 'answer.json');
  writeFileSync(answerFile, Buffer.from(await first.arrayBuffer()));
  const bare = await startScript(join(import.meta.dirname, 'bare-server.ts'), [answerFile], SERVER_CORE);
  running.push(bare);
  await hits(proxy, bare);
  await misses(proxy, provider);
} finally {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
}
