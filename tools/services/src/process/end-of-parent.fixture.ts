import { makeGuardedFolder } from './guard.ts';
import { ServerGroup } from './server-process.ts';

/** A program for guard.test.ts: starts two servers, one of which has a child, says where, and goes on or ends as told. */
const group = new ServerGroup(makeGuardedFolder('cache-test-guard'));
const script = 'sleep 600 & echo $!; exec sleep 600';
const servers = ['one', 'other'].map((name) =>
  group.add({ name, program: '/bin/sh', arguments: ['-c', script] }),
);
for (const server of servers) server.start();
// The script of each writes the pid of its child at once.
while (servers.some((server) => server.output() === '')) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
const pids = servers.flatMap((server) => [server.pid, Number(server.output())]);
process.stdout.write(`${JSON.stringify({ folder: group.folder.path, pids })}\n`);

const [, , end] = process.argv;
if (end === 'exit') process.exit(3);
if (end === 'throw') throw new Error('thrown on purpose');
if (end === 'wait') setInterval(() => undefined, 1000);
// Else its work is done: the servers must not keep it alive.
