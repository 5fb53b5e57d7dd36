import { Buffer } from 'node:buffer';
import type { Demand, StreamEventKind } from '../calls/call-type.ts';
import { formatComment, formatEvent } from '../calls/sse/parse.ts';

/** One piece of an answer on its way: an event or comment of a stream, or bytes of a whole answer. */
export type Piece =
  | { readonly kind: StreamEventKind | 'comment'; readonly text: string; readonly event?: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** What a piece counts against `maxEntryBytes`. An event without a word counts too: a stream of those has an end. */
export function sizeOfPiece(piece: Piece): number {
  return piece.kind === 'bytes' ? piece.bytes.byteLength : Math.max(1, Buffer.byteLength(piece.text));
}

/** Whether a client with this demand receives the piece. */
export function isFor(piece: Piece, demand: Demand): boolean {
  return piece.kind !== 'usage' || demand.usage;
}

/** The piece as it is sent. */
export function bytesOf(piece: Piece): Uint8Array {
  switch (piece.kind) {
    case 'bytes':
      return piece.bytes;
    case 'comment':
      return Buffer.from(formatComment(piece.text));
    default:
      return Buffer.from(formatEvent(piece.text, piece.event));
  }
}
