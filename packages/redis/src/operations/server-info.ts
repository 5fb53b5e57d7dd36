import type { Redis } from 'ioredis';
import { isAboutAccess } from './coded-error.ts';

/** What `INFO` says, by name, texts as they came: `redis_version`, `used_memory`, ... */
export type RedisInfo = Readonly<Record<string, string>>;

/** What {@link RedisBackend.serverInfo} resolves to; LiteLLM's `/cache/redis/info`. */
export interface RedisServerInfo {
  /** How many clients all masters have together; -1 where the user may not ask. */
  readonly num_clients: number;
  /** One for each connection, by `CLIENT LIST`'s names. Empty where the user may not ask. */
  readonly clients: readonly Readonly<Record<string, string>>[];
  /** Of one server its `INFO`; of a Cluster that of each master by `host:port`. Empty where the user may not ask. */
  readonly info: RedisInfo | Readonly<Record<string, RedisInfo>>;
}

/** Reads the answer of `INFO`: lines of `name:value`, headings between them. */
export function parseInfo(text: string): RedisInfo {
  const lines = text.split('\r\n').filter((line) => line.includes(':') && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => splitAt(line, ':')));
}

/** Reads the answer of `CLIENT LIST`: a line for each client, of `name=value` with blanks between. */
export function parseClientList(text: string): Readonly<Record<string, string>>[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) =>
    Object.fromEntries(
      line
        .trim()
        .split(' ')
        .map((pair) => splitAt(pair, '=')),
    ),
  );
}

/** Asks every one of `masters`. */
export async function askServers(masters: readonly Redis[], isCluster: boolean): Promise<RedisServerInfo> {
  const lists = await Promise.all(masters.map((master) => allowed(master.client('LIST'))));
  const infos = await Promise.all(
    masters.map(async (master) => parseInfo((await allowed(master.info())) ?? '')),
  );
  const clients = lists.flatMap((list) => parseClientList(typeof list === 'string' ? list : ''));
  const mayAsk = lists.every((list) => list !== undefined);
  const byServer = Object.fromEntries(infos.map((info, index) => [addressOf(masters[index]), info]));
  return {
    num_clients: mayAsk ? clients.length : -1,
    clients: mayAsk ? clients : [],
    info: isCluster ? byServer : (infos[0] ?? {}),
  };
}

/** The version of the first of `masters`; undefined where the user may not ask. */
export async function versionOf(masters: readonly Redis[]): Promise<string | undefined> {
  const [first] = masters;
  return first && parseInfo((await allowed(first.info('server'))) ?? '')['redis_version'];
}

/** What `asking` resolves to; undefined where the user has no right to ask. */
async function allowed<Reply>(asking: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (isAboutAccess(error)) return undefined;
    throw error;
  }
}

function addressOf(server: Redis | undefined): string {
  return `${server?.options.host ?? ''}:${server?.options.port ?? ''}`;
}

function splitAt(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
