import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { CacheError } from '../../contract/errors.ts';

/** One thing a server said: an event with its `data`, or a comment (providers send them to keep a connection alive). */
export type SseItem =
  | { readonly type: 'event'; readonly data: string; readonly event?: string }
  | { readonly type: 'comment'; readonly text: string };

/** Takes a stream's bytes as they arrive, however they are cut. */
export interface EventParser {
  /**
   * Takes the next bytes and hands on every event and comment they complete, before it returns.
   * @throws CacheError `CACHE_PROVIDER_CUT` if an event is longer than the limit, now and on every later call.
   */
  feed(bytes: Uint8Array): void;
  /**
   * The stream has ended. An event without the blank line that should follow it is handed on only if it is whole by its
   * own account: `[DONE]`, or a JSON object or array (no beginning of one is itself JSON). The HTML standard drops it in any case
   * (section 9.2.6), but servers exist that close right after `data: [DONE]`, and their answers are complete.
   * @throws CacheError `CACHE_PROVIDER_CUT` as {@link feed} does.
   */
  end(): void;
}

/** How an event parser is bounded. */
export interface EventParserOptions {
  /** The longest event taken, in UTF-16 code units. Default: 16 Mi. */
  readonly maxEventLength?: number;
}

const MAX_EVENT_LENGTH = 16 * 1024 * 1024;

/** A push parser of server-sent events (HTML standard section 9.2): UTF-8, any line ending, a byte order mark skipped. */
export function createEventParser(
  onItem: (item: SseItem) => void,
  options: EventParserOptions = {},
): EventParser {
  const maxEventLength = options.maxEventLength ?? MAX_EVENT_LENGTH;
  // The parser skips the byte order mark; a decoder skipping one as well would skip two.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let failure: CacheError | undefined;
  let ended = false;

  function onEvent({ data, event }: EventSourceMessage): void {
    if (ended && !isWhole(data)) return;
    if (data.length > maxEventLength) fail();
    else onItem(event === undefined ? { type: 'event', data } : { type: 'event', data, event });
  }

  function fail(): void {
    failure ??= new CacheError(
      'CACHE_PROVIDER_CUT',
      `the provider sent an event of more than ${maxEventLength} characters`,
    );
  }

  const parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: (message) => {
      if (failure === undefined) onEvent(message);
    },
    onComment: (text) => {
      if (failure === undefined && !ended) onItem({ type: 'comment', text });
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') fail();
    },
  });

  function take(text: string): void {
    if (failure === undefined && text !== '') parser.feed(text);
    if (failure !== undefined) throw failure;
  }

  return {
    feed(bytes) {
      take(decoder.decode(bytes, { stream: true }));
    },
    end() {
      const rest = decoder.decode();
      ended = true;
      take(`${rest}\n\n`);
    },
  };
}

/** An event as it is sent: every line of `data` is a `data:` line of its own. Line endings inside become LF. */
export function formatEvent(data: string, event?: string): string {
  const name = event === undefined ? '' : `event: ${event.replace(LINE_ENDING, ' ')}\n`;
  return `${name}data: ${data.replace(LINE_ENDING, '\ndata: ')}\n\n`;
}

/** A comment as it is sent. */
export function formatComment(text: string): string {
  return `: ${text.replace(LINE_ENDING, '\n: ')}\n\n`;
}

const LINE_ENDING = /\r\n|\r|\n/g;

function isWhole(data: string): boolean {
  if (data.trim() === '[DONE]') return true;
  try {
    return typeof JSON.parse(data) === 'object';
  } catch {
    return false;
  }
}
