import { OwnFailure, type Answer, type Provider } from './answer.ts';
import { question } from './cache.fixture.ts';
import { settle, type Bench } from './controlled-provider.fixture.ts';
import { ScriptedCall, type Ending } from './scripted-call.fixture.ts';

/** What one client asks for, and how it behaves. */
export interface ClientPlan {
  readonly subject: number;
  readonly demand: 'whole' | 'stream' | 'stream with usage';
  readonly controls: Readonly<Record<string, unknown>>;
  /** Its own limit keeps it from making the call. */
  readonly isLimited: boolean;
}

export type Step =
  | { readonly type: 'arrive'; readonly plan: ClientPlan }
  | { readonly type: 'leave' | 'stop reading' | 'read'; readonly client: number }
  | { readonly type: 'provide'; readonly call: number; readonly times: number }
  | { readonly type: 'wait'; readonly turns: number };

/** One request of a run, and what became of it. */
export class Client {
  readonly plan: ClientPlan;
  readonly leaving: AbortController = new AbortController();
  text = '';
  answer: Answer | undefined;
  error: unknown;
  state: 'waiting' | 'reading' | 'answered' | 'failed' | 'left' = 'waiting';
  #pieces: AsyncIterator<Uint8Array> | undefined;

  constructor(plan: ClientPlan) {
    this.plan = plan;
  }

  async follow(answering: Promise<Answer>): Promise<void> {
    try {
      this.answer = await answering;
    } catch (error) {
      return this.#fail(error);
    }
    const { body } = this.answer;
    if (Buffer.isBuffer(body)) {
      this.text = body.toString();
      this.#become('answered');
    } else {
      this.#pieces = body[Symbol.asyncIterator]();
      this.#become('reading');
    }
  }

  /** Takes the next piece, as soon as there is one. */
  read(): void {
    this.#pieces?.next().then(
      (piece) => {
        if (piece.done === true) this.#become('answered');
        else this.text += Buffer.from(piece.value).toString();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  leave(): void {
    this.#become('left');
    this.leaving.abort();
  }

  stopReading(): void {
    if (this.state !== 'reading') return;
    this.#become('left');
    void this.#pieces?.return?.();
  }

  #become(state: Client['state']): void {
    if (this.state === 'waiting' || this.state === 'reading') this.state = state;
  }

  #fail(error: unknown): void {
    if (this.state === 'waiting' || this.state === 'reading') this.error = error;
    this.#become('failed');
  }
}

/** A run: clients and calls, moved on step by step. */
export class Run {
  readonly on: Bench;
  readonly clients: Client[] = [];
  readonly calls: ScriptedCall[] = [];
  readonly #endings: readonly Ending[];

  constructor(on: Bench, endings: readonly Ending[]) {
    this.on = on;
    this.#endings = endings;
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'arrive':
        return this.#arrive(step.plan);
      case 'provide':
        for (let time = 0; time < step.times; time++) this.#among(this.calls, step.call)?.provide();
        return;
      case 'wait':
        for (let turn = 0; turn < step.turns; turn++) await Promise.resolve();
        return;
      case 'leave':
        return this.#among(this.clients, step.client)?.leave();
      case 'stop reading':
        return this.#among(this.clients, step.client)?.stopReading();
      case 'read':
        return this.#among(this.clients, step.client)?.read();
    }
  }

  /** Everybody who stays reads to the end, the provider says all it has to say; idle clients stay idle meanwhile. */
  async finish(): Promise<void> {
    const isUnderWay = (): boolean =>
      this.clients.some(({ state }) => state === 'waiting' || state === 'reading');
    for (let round = 0; isUnderWay(); round++) {
      if (round > 1000) throw new Error(`hangs: ${this.clients.map(({ state }) => state).join(', ')}`);
      for (const call of this.calls) call.provide();
      for (const client of this.clients) client.read();
      await settle();
    }
    for (const call of this.calls) call.provideAll();
    await settle();
  }

  #arrive(plan: ClientPlan): void {
    const client = new Client(plan);
    this.clients.push(client);
    const provider: Provider = (body, { signal }) => {
      if (plan.isLimited) return Promise.reject(new OwnFailure(new Error('limited')));
      const ending = this.#endings[this.calls.length % this.#endings.length] ?? 'complete';
      const mayStore = plan.controls['no-store'] !== true;
      const call = new ScriptedCall(body, signal, { number: this.calls.length, ending, mayStore });
      this.calls.push(call);
      return call.answer;
    };
    const more = {
      ...(plan.demand === 'whole' ? {} : { stream: true }),
      ...(plan.demand === 'stream with usage' ? { stream_options: { include_usage: true } } : {}),
      cache: plan.controls,
    };
    void client.follow(
      this.on.ask(question(`subject ${plan.subject}`, more), { provider, signal: client.leaving.signal }),
    );
  }

  #among<T>(all: readonly T[], index: number): T | undefined {
    return all[index % Math.max(1, all.length)];
  }
}
