/** The `data` of every complete event in the text of a stream, `[DONE]` included. Takes what the fake provider sends. */
export function streamEvents(text: string): string[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((event) => event.replace(/^data: /u, ''));
}

/** A chunk of a streamed chat completion, as far as tests look at it. */
export interface StreamedChunk {
  readonly choices: readonly StreamedChoice[];
  readonly usage?: unknown;
  readonly [member: string]: unknown;
}

/** One choice of a chunk. */
export interface StreamedChoice {
  readonly index: number;
  readonly delta: Readonly<Record<string, unknown>>;
  readonly finish_reason: string | null;
}

/** The chunks of a stream's text, without its `[DONE]`. */
export function streamedChunks(text: string): StreamedChunk[] {
  return streamEvents(text)
    .filter((event) => event !== '[DONE]')
    .map((event) => JSON.parse(event) as StreamedChunk);
}

/** The content of one choice, put together. */
export function streamedContent(text: string, choiceIndex: number = 0): string {
  const choices = streamedChunks(text).flatMap((chunk) => chunk.choices);
  const own = choices.filter(({ index }) => index === choiceIndex);
  return own.map(({ delta }) => (typeof delta['content'] === 'string' ? delta['content'] : '')).join('');
}
