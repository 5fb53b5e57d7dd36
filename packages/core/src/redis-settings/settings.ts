/** Where a Redis process listens. */
export interface RedisNode {
  /** A host name or an IP address (IPv6 without brackets). */
  readonly host: string;
  readonly port: number;
}

/** How a connection is encrypted. `{}` is TLS with Node's own authorities, certificate and host name checked. */
export interface RedisTlsSettings {
  /** Whether the server's certificate must be signed by a known authority. Default true. False accepts anybody. */
  readonly verify?: boolean;
  /** Whether the certificate must name the host connected to. Default true; false still checks the signature. */
  readonly checkHostname?: boolean;
  /** Path of a PEM file with the authorities to trust instead of Node's own. */
  readonly caFile?: string;
  /** Path of a folder of such files. */
  readonly caFolder?: string;
  /** The text of such a file. */
  readonly caPem?: string;
  /** Path of the PEM file with the client's certificate, for servers that demand one. */
  readonly certificateFile?: string;
  /** Path of the PEM file with its key. Default: the key is in `certificateFile`. */
  readonly keyFile?: string;
  /** What the key file is encrypted with. */
  readonly keyPassphrase?: string;
  /** Default: Node's, TLS 1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Cipher suites in OpenSSL's notation. Default: Node's. */
  readonly ciphers?: string;
}

/** Tokens of Google's IAM as the password (Memorystore). */
export interface RedisGoogleIamSettings {
  /** The account to act as: `name@project.iam.gserviceaccount.com`, or with `projects/-/serviceAccounts/` before it. */
  readonly serviceAccount: string;
  /** Where the IAM Credentials API is reached. Default `https://iamcredentials.googleapis.com`. */
  readonly endpoint?: string;
}

/** What is said of a Redis whatever its shape. */
export interface RedisCommonSettings {
  /** Default: the server's user `default`. */
  readonly username?: string;
  readonly password?: string;
  /** Instead of a password. */
  readonly googleIam?: RedisGoogleIamSettings;
  /** Default: no encryption. */
  readonly tls?: RedisTlsSettings;
  /**
   * Seconds without a byte from the server, while it owes an answer, after which a connection is given up and made anew.
   * Default 5. Refused: 0.
   */
  readonly socketTimeoutSeconds?: number;
  /** Seconds to make a connection in, TLS included. Default 5. Refused: 0. */
  readonly connectTimeoutSeconds?: number;
  /**
   * Connections to each node, at most. One carries all commands until it is not enough; the one that listens is not counted.
   * Default 2. Refused: 0.
   */
  readonly maxConnections?: number;
  /** Shown by `CLIENT LIST`. Default: none. */
  readonly clientName?: string;
  /** Version of the protocol. Default: 3, or 2 where the server knows no other. */
  readonly protocol?: 2 | 3;
}

/** One server, by network. */
export interface RedisHostSettings extends RedisCommonSettings {
  readonly mode: 'standalone';
  readonly host: string;
  /** Default 6379. */
  readonly port?: number;
  /** Default 0. */
  readonly database?: number;
}

/** One server, by a socket in the file system. */
export interface RedisSocketSettings extends RedisCommonSettings {
  readonly mode: 'standalone';
  readonly socketPath: string;
  /** Default 0. */
  readonly database?: number;
}

/** A Redis Cluster. */
export interface RedisClusterSettings extends RedisCommonSettings {
  readonly mode: 'cluster';
  /** Some of its nodes; the others are learned from them. */
  readonly nodes: readonly RedisNode[];
  /** Whether reads may go to replicas, which may lag behind. Default false. */
  readonly readFromReplicas?: boolean;
}

/** A master watched by Redis Sentinel. */
export interface RedisSentinelSettings extends RedisCommonSettings {
  readonly mode: 'sentinel';
  readonly sentinels: readonly RedisNode[];
  /** The name the sentinels know the master by. */
  readonly serviceName: string;
  readonly sentinelUsername?: string;
  /** Also the master's, where `password` is absent. */
  readonly sentinelPassword?: string;
  /** Default 0. */
  readonly database?: number;
}

/** Where a Redis is and how it is spoken to, whichever client does it. Only `mode` and the address are needed. */
export type RedisSettings =
  RedisHostSettings | RedisSocketSettings | RedisClusterSettings | RedisSentinelSettings;
