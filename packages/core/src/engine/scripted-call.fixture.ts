import type { JsonObject } from '../json.ts';
import { chunks, completion, ControlledCall } from './controlled-provider.fixture.ts';

/** How a call ends. */
export type Ending =
  | 'complete'
  /** Complete; a stream without usage. */
  | 'no usage'
  /** Breaks off after its middle. */
  | 'cut'
  /** A stream that ends after its middle, without its terminal event; a whole answer that breaks off. */
  | 'ended early'
  /** Status 503. */
  | 'error'
  /** No answer at all. */
  | 'refused'
  /** Complete, and longer than is kept. */
  | 'too long'
  /** Complete, with a finish reason that is not stored. */
  | 'filtered'
  /** A stream with an event that is no JSON; a whole answer is complete. */
  | 'malformed';

export interface Script {
  readonly number: number;
  readonly ending: Ending;
  readonly mayStore: boolean;
}

/** A call that goes through its script, one step for each `provide()`. */
export class ScriptedCall extends ControlledCall {
  /** Which question was asked. */
  readonly subject: number;
  /** What a complete answer says; no other call says it. */
  readonly text: string;
  isCompleted = false;
  readonly #script: Script;
  readonly #steps: (() => void)[];

  constructor(body: JsonObject, signal: AbortSignal, script: Script) {
    super(body, signal, { heedsSignal: true });
    const [message] = body['messages'] as { content: string }[];
    this.subject = Number(message?.content.at(-1));
    this.#script = script;
    this.text = `subject ${this.subject}, call ${script.number}${script.ending === 'too long' ? '.'.repeat(100_000) : ''}`;
    this.#steps = this.wantsStream ? this.#streamSteps() : this.#wholeSteps();
  }

  get hasFailed(): boolean {
    return ['cut', 'ended early', 'error', 'refused'].includes(this.#script.ending);
  }

  /** All of a good answer was sent before the call was cancelled, if it was. */
  get isStorable(): boolean {
    const { ending, mayStore } = this.#script;
    const isGood =
      ending === 'complete' || ending === 'no usage' || (ending === 'malformed' && !this.wantsStream);
    return this.isCompleted && mayStore && isGood;
  }

  provide(): void {
    this.#steps.shift()?.();
  }

  provideAll(): void {
    while (this.#steps.length > 0) this.provide();
  }

  #streamSteps(): (() => void)[] {
    const { ending } = this.#script;
    if (ending === 'refused' || ending === 'error') return this.#failingSteps();
    const pieces = this.text.match(/[^]{1,1000}/g) ?? [];
    const [first = '', ...rest] = pieces.length > 1 ? pieces : [this.text.slice(0, 5), this.text.slice(5)];
    let events = chunks([first, ...rest], { usage: ending !== 'no usage' });
    if (ending === 'filtered') events = events.map((event) => event.replace('"stop"', '"content_filter"'));
    if (ending === 'malformed') events.splice(1, 0, 'no JSON');
    if (this.#isBroken)
      return [() => this.startStream(), ...this.#sending(events.slice(0, 2)), () => this.#breakOff()];
    return [() => this.startStream(), ...this.#sending(events), () => this.#complete()];
  }

  #wholeSteps(): (() => void)[] {
    const { ending } = this.#script;
    if (ending === 'refused' || ending === 'error') return this.#failingSteps();
    const plain = completion(this.text);
    const body = ending === 'filtered' ? plain.replace('"stop"', '"content_filter"') : plain;
    const pieces = body.match(/[^]{1,1000}/g) ?? [];
    const steps = pieces.length > 1 ? pieces : [body.slice(0, 20), body.slice(20)];
    const sending = steps.map((piece) => () => void this.send(piece));
    if (this.#isBroken) return [() => this.startWhole(), ...sending.slice(0, 1), () => this.#breakOff()];
    return [() => this.startWhole(), ...sending, () => this.#complete()];
  }

  #failingSteps(): (() => void)[] {
    if (this.#script.ending === 'refused') return [() => this.fail(new Error('refused'))];
    return [() => this.startWhole(503), () => this.send('unwell'), () => this.end()];
  }

  #sending(events: readonly string[]): (() => void)[] {
    return events.map((event) => () => {
      this.sendEvent(event);
      // The terminal event completes a stream, whatever becomes of the connection.
      if (event === '[DONE]') this.isCompleted = !this.signal.aborted;
    });
  }

  get #isBroken(): boolean {
    return this.#script.ending === 'cut' || this.#script.ending === 'ended early';
  }

  #breakOff(): void {
    if (this.#script.ending === 'ended early' && this.wantsStream) this.end();
    else this.fail(new Error('connection reset'));
  }

  #complete(): void {
    this.end();
    if (!this.wantsStream) this.isCompleted = !this.signal.aborted;
  }
}
