import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands between a client and a real server; passes everything on unless told otherwise. */
export interface Forwarder extends AsyncDisposable {
  readonly url: string;
  /** What came, as `GET /bucket/name?query`, or with a whole URL where it serves as a proxy. */
  readonly requests: string[];
  /** Answers in the server's place. @returns whether it did. */
  intercept: (line: string, response: ServerResponse) => boolean;
}

/** A forwarder in front of `target`, such as `http://127.0.0.1:8080`. */
export async function startForwarder(target: string): Promise<Forwarder> {
  const requests: string[] = [];
  const server = createServer((incoming, response) => {
    const line = `${incoming.method} ${incoming.url}`;
    requests.push(line);
    if (!forwarder.intercept(line, response)) passOn(target, incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const forwarder: Forwarder = {
    url: `http://127.0.0.1:${port}`,
    requests,
    intercept: () => false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return forwarder;
}

/** Headers go on as they are: host and path are part of what was signed. */
function passOn(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = '/' } = incoming;
  const { hostname, port } = new URL(target);
  const path = url.startsWith('http://') ? url.slice(url.indexOf('/', 'http://'.length)) : url;
  const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}
