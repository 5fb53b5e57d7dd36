/** A value as it stands in its file: a line of JSON, then the bytes. */
export interface ValueFile {
  readonly key: string;
  readonly deleteAt?: number;
  readonly bytes: Uint8Array;
}

const LINE_END = 10;

export function encodeValueFile({ bytes, ...header }: ValueFile): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), bytes]);
}

/** Undefined for what is no value file, or only a part of one without its first line. */
export function decodeValueFile(content: Buffer): ValueFile | undefined {
  const end = content.indexOf(LINE_END);
  if (end === -1) return undefined;
  try {
    const header: unknown = JSON.parse(content.toString('utf8', 0, end));
    return isHeader(header) ? { ...header, bytes: content.subarray(end + 1) } : undefined;
  } catch {
    return undefined;
  }
}

function isHeader(header: unknown): header is Omit<ValueFile, 'bytes'> {
  if (typeof header !== 'object' || header === null || !('key' in header)) return false;
  const isTimed = !('deleteAt' in header) || typeof header.deleteAt === 'number';
  return typeof header.key === 'string' && isTimed;
}
