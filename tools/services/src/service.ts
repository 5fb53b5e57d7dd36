/** A server this process started: on 127.0.0.1 only, on a port that was free, its files in a folder of its own. */
export interface Service {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly pid: number;
  /** Ends it as an outage does (SIGKILL). Its data stay for {@link restart}. */
  kill(): Promise<void>;
  /** Stops it from answering while its connections stay open (SIGSTOP). */
  freeze(): void;
  /** Lets a frozen one go on (SIGCONT). */
  thaw(): void;
  /** Starts it again on the same port, after {@link kill}. */
  restart(): Promise<void>;
  /** Ends it for good and removes its folder. Idempotent. Done by itself when the test process ends, however it ends. */
  stop(): Promise<void>;
}
