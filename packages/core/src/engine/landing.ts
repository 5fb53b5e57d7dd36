import type { Buffer } from 'node:buffer';
import type { AssembledAnswer, Judgement } from '../calls/call-type.ts';
import type { CacheEntry } from '../contract/entry.ts';
import type { HeaderList } from './answer.ts';

/** What is known of a flight's answer once its shape is. */
export type Landing =
  /** The leader found it in the shared tier: nobody was called. */
  | { readonly type: 'entry'; readonly entry: CacheEntry; readonly source: string }
  /** Received whole. */
  | {
      readonly type: 'whole';
      readonly status: number;
      readonly headers: HeaderList;
      readonly body: Buffer;
      /** Absent for anything but a 200. */
      readonly judgement?: Judgement;
      readonly stored: boolean;
    }
  /**
   * Events follow, in the recording. `whole` settles as soon as it is known whether they make a whole answer: undefined
   * if they are too long or make no sense together; it rejects if they are cut.
   */
  | {
      readonly type: 'stream';
      readonly headers: HeaderList;
      readonly whole: Promise<WholeOfStream | undefined>;
    }
  /** Too long to hold: bytes follow, in the recording. */
  | { readonly type: 'bytes'; readonly status: number; readonly headers: HeaderList };

/** A stream put together. */
export interface WholeOfStream {
  readonly body: Buffer;
  readonly judgement: Judgement;
}

/** An answer that is complete and may be stored. */
export interface StorableAnswer extends AssembledAnswer {
  readonly headers: HeaderList;
  readonly contentType: string;
  readonly assembled: boolean;
  readonly judgement: Judgement;
}
