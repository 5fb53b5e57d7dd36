import type { IncomingMessage } from 'node:http';

/** The path a request names, without its query. */
export function pathOf(incoming: IncomingMessage): string {
  const url = incoming.url ?? '/';
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** The headers as they came: in order, repeated ones repeated, names in their own case. */
export function* headerPairs({ rawHeaders }: IncomingMessage): Generator<[name: string, value: string]> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    yield [rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''];
  }
}
