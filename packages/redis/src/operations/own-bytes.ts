/**
 * The bytes of a reply in memory of their own. The client hands out views of what it has read from the socket, 64 KiB at a
 * time: kept in a memory tier, a small entry would hold all of that.
 */
export function ownBytes(reply: Buffer): Buffer {
  if (reply.buffer.byteLength <= 2 * reply.byteLength) return reply;
  const copy = Buffer.allocUnsafeSlow(reply.byteLength);
  reply.copy(copy);
  return copy;
}
