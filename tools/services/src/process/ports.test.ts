import { createServer, type Server } from 'node:net';
import { expect, test } from '@jest/globals';
import { reserveGivenPort, reservePort } from './ports.ts';

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

test('many at the same time are all different, and a server can listen on each', async () => {
  const reserved = await Promise.all(Array.from({ length: 50 }, () => reservePort({ companions: [10_000] })));
  const ports = reserved.map(({ port }) => port);
  expect(new Set(ports).size).toBe(50);
  for (const port of ports.flatMap((each) => [each, each + 10_000])) {
    expect(port + 10_000).toBeLessThan(55_536);
    (await listen(port)).close();
  }
  for (const each of reserved) each.release();
});

test('a port is kept while nothing listens on it, and free again once released', async () => {
  const first = await reservePort();
  await expect(reserveGivenPort(first.port)).rejects.toThrow(`port ${first.port} on 127.0.0.1 is taken`);
  first.release();
  (await reserveGivenPort(first.port)).release();
});

test('a port on which somebody listens, or whose companion is taken, is taken', async () => {
  const { port, release } = await reservePort({ companions: [10_000] });
  release();
  const server = await listen(port + 10_000);
  await expect(reserveGivenPort(port + 10_000)).rejects.toThrow('is taken');
  await expect(reserveGivenPort(port, { companions: [10_000] })).rejects.toThrow('is taken');
  (await reserveGivenPort(port)).release();
  server.close();
});
