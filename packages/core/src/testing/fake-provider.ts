import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { chatReply } from './chat-reply.ts';
import type { Gate } from './gate.ts';
import { createGate } from './gate.ts';
import type { FakeReply, WaitPoint } from './provider-replies.ts';
import { errorReply, held, jsonReply } from './provider-replies.ts';
import type { MutableCall, RecordedCall } from './recorded-call.ts';
import { readBody, recordedCall } from './recorded-call.ts';
import { sendReply } from './send-reply.ts';

/** Decides what a call is answered with. Whatever it throws is answered with 500. */
export type ProviderScript = (call: RecordedCall) => FakeReply | Promise<FakeReply>;

/** Options of {@link startFakeProvider}. */
export interface FakeProviderOptions {
  /** Default: {@link defaultScript}. */
  readonly script?: ProviderScript;
  /** Default 0: any free port. */
  readonly port?: number;
}

/** A provider in this process, on a real socket. */
export interface FakeProvider {
  /** What a client takes as its base URL: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly port: number;
  /** Every request whose body has arrived, in order of arrival. */
  readonly calls: readonly RecordedCall[];
  /** How many calls' clients went away before they had the whole answer. */
  readonly aborted: number;
  /** How many connections were opened. */
  readonly connections: number;
  /** How many connections are open now. */
  readonly openConnections: number;
  /** Answers by `script` from now on. */
  script(script: ProviderScript): void;
  /**
   * Makes the next call's answer wait at the returned gate, for as long as the test likes. Called again before that
   * call, it adds a second gate to the same answer.
   * @param at Before the status line (`head`, the default) or before the piece of that index; a stream has a piece for
   *   each event. The number of pieces: before the end.
   */
  hold(at?: WaitPoint): Gate;
  /** Resolves once that many calls were recorded. */
  waitForCalls(count: number): Promise<void>;
  /** Resolves once that many clients went away. */
  waitForAborts(count: number): Promise<void>;
  /** Forgets calls and counts, lets go of all gates and goes back to the script given at the start. */
  reset(): void;
  /** Destroys every connection and stops. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers `/chat/completions` by `chatReply`, `/models` with a list of one, everything else with 404. */
export const defaultScript: ProviderScript = (call) => {
  const [path = ''] = call.path.split('?');
  if (path.endsWith('/chat/completions')) return chatReply(call);
  if (path.endsWith('/models'))
    return jsonReply({ object: 'list', data: [{ id: 'gpt-4o-mini', object: 'model' }] });
  return errorReply(404, { message: `The fake provider has no ${call.path}` });
};

interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
}

/**
 * Starts a provider that speaks OpenAI's chat completions on 127.0.0.1. It runs in plain Node and needs no key.
 *
 * @example
 * await using provider = await startFakeProvider();
 * provider.script((call) => cutAfter(chatReply(call), 3));
 * const openai = new OpenAI({ baseURL: provider.url, apiKey: 'any' });
 */
export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = new Provider(options.script ?? defaultScript);
  await provider.listen(options.port ?? 0);
  return provider;
}

class Provider implements FakeProvider {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new Set<Socket>();
  readonly #firstScript: ProviderScript;
  #script: ProviderScript;
  #calls: MutableCall[] = [];
  #aborted = 0;
  #connections = 0;
  #isClosed = false;
  #nextHolds: { readonly gate: Gate; readonly at: WaitPoint }[] = [];
  #gates: Gate[] = [];
  #waiters: Waiter[] = [];

  constructor(script: ProviderScript) {
    this.#firstScript = script;
    this.#script = script;
    // An idle connection closed under a client that is just about to use it again would look like a failure.
    this.#server.keepAliveTimeout = 0;
    this.#server.on('connection', (socket) => {
      this.#connections += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  get calls(): readonly RecordedCall[] {
    return this.#calls;
  }

  get aborted(): number {
    return this.#aborted;
  }

  get connections(): number {
    return this.#connections;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  script(script: ProviderScript): void {
    this.#script = script;
  }

  hold(at: WaitPoint = 'head'): Gate {
    const gate = createGate();
    this.#nextHolds.push({ gate, at });
    this.#gates.push(gate);
    return gate;
  }

  waitForCalls(count: number): Promise<void> {
    return this.#waitUntil(() => this.#calls.length >= count);
  }

  waitForAborts(count: number): Promise<void> {
    return this.#waitUntil(() => this.#aborted >= count);
  }

  reset(): void {
    this.#calls = [];
    this.#aborted = 0;
    this.#connections = 0;
    this.#script = this.#firstScript;
    this.#letGo();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#letGo();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawBody = await readBody(request);
    if (rawBody === undefined) return;
    const call = this.#record(request, rawBody);
    let isCut = false;
    response.once('close', () => {
      if (!isCut && !this.#isClosed && !response.writableFinished) this.#noteAbort(call);
    });
    const holds = this.#nextHolds.splice(0);
    const reply = holds.reduce((inner, { gate, at }) => held(inner, gate, at), await this.#replyTo(call));
    await sendReply(reply, response);
    isCut = reply.ending === 'destroy';
    if (isCut) response.destroy();
  }

  async #replyTo(call: RecordedCall): Promise<FakeReply> {
    try {
      return await this.#script(call);
    } catch (error) {
      return errorReply(500, { message: `The script failed: ${String(error)}` });
    }
  }

  #record(request: IncomingMessage, rawBody: Buffer): MutableCall {
    const call = recordedCall(this.#calls.length + 1, request, rawBody);
    this.#calls.push(call);
    this.#wake();
    return call;
  }

  #noteAbort(call: MutableCall): void {
    if (!this.#calls.includes(call)) return;
    call.aborted = true;
    this.#aborted += 1;
    this.#wake();
  }

  #waitUntil(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isDone, resolve }));
  }

  #wake(): void {
    const done = this.#waiters.filter((waiter) => waiter.isDone());
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const waiter of done) waiter.resolve();
  }

  #letGo(): void {
    this.#nextHolds = [];
    for (const gate of this.#gates.splice(0)) gate.release();
  }
}
