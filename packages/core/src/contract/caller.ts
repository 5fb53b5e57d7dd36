/**
 * Who asks. Comes from authentication in the proxy, from the credential header in the library; decides the scope of a
 * key, never the answer.
 */
export interface Caller {
  /**
   * SHA-256 (hex) of the credential, or any other text that names its holder and nobody else. Absent for the master key
   * and where nothing is authenticated.
   */
  readonly keyHash?: string;
  /** Decides with scope `team`, and with `end_user` whose end user it is. */
  readonly teamId?: string;
  /** Decides with scope `end_user`. */
  readonly endUser?: string;
  /** `cache` controls applied to every request of this caller, below body and header (LiteLLM's key metadata). */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** A caller about whom nothing is known: the empty scope. */
export const ANONYMOUS: Caller = {};
