import { parentPort, workerData } from 'node:worker_threads';
import type { OperationName, Operations, Reply, Request, ThreadData } from './protocol.ts';
import { failureOf, isDamage } from './store/failure.ts';
import { openStore, warnOfDamage } from './store/open-store.ts';
import type { OpenStore } from './store/open-store.ts';
import { Reader } from './store/reader.ts';
import { Writer } from './store/writer.ts';

/**
 * What runs in each of the backend's two threads: node:sqlite waits for the disk, which the event loop must not. It loads nothing
 * but this package's own files, so that it starts fast.
 */

const data = workerData as ThreadData;
const port = parentPort;
if (port === null) throw new Error('thread.ts is started by the backend');

interface Opened {
  readonly store: OpenStore;
  readonly answer: (request: Request) => Answer;
}

type Answer = Operations[OperationName]['answer'];

let opened: Opened | undefined;

port.on('message', (request: Request) => {
  const reply = replyTo(request);
  port.postMessage(reply, 'answer' in reply ? buffersOf(reply.answer) : []);
  if (request.operation === 'close') port.close();
});

function replyTo(request: Request): Reply {
  const { id } = request;
  try {
    if (request.operation === 'close') return { id, answer: close() };
    return { id, answer: onGoodStore(({ answer }) => answer(request)) };
  } catch (error) {
    return { id, failure: failureOf(error, data.role) };
  }
}

/** Runs on the store that counts now; if that turns out to be damaged, on the empty one that succeeds it. */
function onGoodStore<T>(run: (opened: Opened) => T): T {
  const { store } = current();
  try {
    return run(current());
  } catch (error) {
    if (!isDamage(error)) throw error;
    close();
    warnOfDamage(data.directory, error, warn);
    return run(open(store.number + 1));
  }
}

function current(): Opened {
  if (opened?.store.isCurrent() === false) close();
  return opened ?? open(1);
}

function open(minimum: number): Opened {
  const store = openStore(data, minimum, warn);
  opened = { store, answer: data.role === 'reader' ? readerOf(store) : writerOf(store) };
  return opened;
}

function readerOf(store: OpenStore): Opened['answer'] {
  const reader = new Reader(store, data.layout);
  return (request) => {
    if (request.operation === 'get') return reader.get(request.asked);
    if (request.operation === 'keys') return reader.keys(request.asked);
    return reader.report();
  };
}

function writerOf(store: OpenStore): Opened['answer'] {
  const writer = new Writer(store, data.layout);
  return (request) =>
    request.operation === 'write' ? writer.write(request.asked.changes, request.asked.now) : undefined;
}

function close(): undefined {
  const closing = opened;
  opened = undefined;
  closing?.store.close();
}

function warn(warning: string): void {
  port?.postMessage({ warning } satisfies Reply);
}

/** Values are handed over, not copied: SQLite made each of them for this answer. */
function buffersOf(answer: Answer): ArrayBuffer[] {
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((value: unknown) =>
    value instanceof Uint8Array && value.byteLength > 0 ? [value.buffer as ArrayBuffer] : [],
  );
}
