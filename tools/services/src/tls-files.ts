/** Paths of PEM files, made for one test run. */
export interface TlsFiles {
  /** The authority that signed the server's and the client's certificate. */
  readonly caFile: string;
  /** The server's, for the hosts asked for. */
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly clientCertificateFile: string;
  readonly clientKeyFile: string;
  /** An authority that signed none of them. */
  readonly otherCaFile: string;
  readonly folder: string;
}
