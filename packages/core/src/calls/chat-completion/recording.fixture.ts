import { createEventParser } from '../sse/parse.ts';
import { ChatCompletionAssembly } from './assemble.ts';

/** Whatever was parsed. */
export type Parsed = ReturnType<typeof JSON.parse>;

/** What providers send, in their own shape: each recording is the text of a stream, comments included. */
export function assembled(recording: string): { body: Parsed; events?: string } {
  const assembly = new ChatCompletionAssembly();
  const parser = createEventParser((item) => item.type === 'event' && assembly.push(item.data));
  parser.feed(new TextEncoder().encode(recording));
  parser.end();
  const answer = assembly.finish();
  if (answer === undefined) throw new Error('the recording should be a complete stream');
  const body = JSON.parse(answer.body.toString());
  return answer.events === undefined ? { body } : { body, events: answer.events.toString() };
}

export function recording(head: object, choices: readonly object[][], last: readonly object[] = []): string {
  const chunks = choices.map((list) => ({ ...head, choices: list }));
  return (
    [...chunks, ...last].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + 'data: [DONE]\n\n'
  );
}

export function one(delta: object, rest: object = {}): object[] {
  return [{ index: 0, delta, finish_reason: null, ...rest }];
}

export const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
