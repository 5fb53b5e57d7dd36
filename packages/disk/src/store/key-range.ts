/** No byte of UTF-8 is this one, so it stands behind everything that a prefix can be continued with. */
const AFTER_ALL = 0xff;

/** The first key, in the order of bytes, that is behind every key with this prefix. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array {
  return withByte(prefix, AFTER_ALL);
}

/** The first key behind this one. */
export function successorOf(key: Uint8Array): Uint8Array {
  return withByte(key, 0);
}

function withByte(bytes: Uint8Array, byte: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  longer[bytes.length] = byte;
  return longer;
}
