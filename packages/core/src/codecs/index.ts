export { codecsFrom } from './codecs-from.ts';
export { compression } from './compression.ts';
export { encryption } from './encryption.ts';

export type { CodecSettings } from './codecs-from.ts';
export type { CompressionOptions } from './compression.ts';
export type { EncryptionKey, EncryptionOptions } from './encryption.ts';
export type { FrameCodec } from '../contract/codec.ts';
