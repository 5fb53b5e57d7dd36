import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ProviderUnavailable } from '../errors/http-error.ts';

const DECODERS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** RFC 9110 section 8.4 allows any number of encodings; nobody needs more than this, and each costs memory. */
const MAX_ENCODINGS = 3;

/**
 * The body without its content encodings, piece by piece as it arrives. A body that is damaged or ends early rejects
 * where it does.
 * @throws ProviderUnavailable for an encoding that was not asked for and is not known.
 */
export function decoded(body: Readable, contentEncoding: string | undefined): Readable {
  const encodings = encodingsOf(contentEncoding);
  const decoders = encodings.toReversed().map((encoding) => DECODERS.get(encoding));
  if (decoders.length > MAX_ENCODINGS || decoders.includes(undefined)) {
    throw new ProviderUnavailable(
      `The provider sent an answer encoded as ${JSON.stringify(encodings.join(', ').slice(0, 64))}.`,
    );
  }
  return decoders.reduce<Readable>(
    (source, create) => (create === undefined ? source : joined(source, create())),
    body,
  );
}

function encodingsOf(contentEncoding: string | undefined): string[] {
  return (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
}

/** An error on either side destroys both; whoever reads the result sees it. */
function joined(source: Readable, decoder: Transform): Readable {
  return pipeline(source, decoder, ignore);
}

function ignore(): void {
  // The reader of the decoded body is told.
}
