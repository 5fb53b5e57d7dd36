import { ChatCompletionAssembly } from './assemble.ts';

/** Whatever was parsed. */
export type Json = ReturnType<typeof JSON.parse>;

export const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model: 'm' };

export function chunk(delta: object, rest: object = {}): Json {
  return { ...head, choices: [{ index: 0, delta, finish_reason: null, ...rest }] };
}

export const role = chunk({ role: 'assistant', content: '' });
export const stop = chunk({}, { finish_reason: 'stop' });

export function assemblyOf(events: readonly (object | string)[]): ChatCompletionAssembly {
  const assembly = new ChatCompletionAssembly();
  for (const event of events) assembly.push(typeof event === 'string' ? event : JSON.stringify(event));
  return assembly;
}

export function finished(...events: readonly (object | string)[]): { body: Json; events?: string[] } {
  const answer = assemblyOf([...events, '[DONE]']).finish();
  if (answer === undefined) throw new Error('the stream should be assembled');
  const body = JSON.parse(answer.body.toString());
  return answer.events === undefined ? { body } : { body, events: answer.events.toString().split('\n') };
}

export function messageOf(...deltas: readonly object[]): Json {
  return finished(role, ...deltas.map((delta) => chunk(delta)), stop).body['choices'][0].message;
}
