/** Everything the proxy itself refuses or fails at. What each one is to a client says the table in `http-error.ts`. */
export type ProxyErrorCode =
  | 'UNAUTHORIZED'
  | 'ADMIN_ONLY'
  | 'NOT_FOUND'
  | 'INVALID_REQUEST'
  | 'FORBIDDEN_MEMBER'
  | 'MODEL_NOT_FOUND'
  | 'BODY_TOO_LARGE'
  | 'CLIENT_GONE'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_UNAVAILABLE';

/**
 * An error whose message a client may read: it names what was wrong with the request, never a secret, a stack or another
 * caller's data. The `cause` is for the log.
 */
export class ProxyError extends Error {
  override readonly name: string = 'ProxyError';
  readonly code: ProxyErrorCode;
  /** The request member it is about. */
  readonly param: string | undefined;

  constructor(
    code: ProxyErrorCode,
    message: string,
    details: { readonly param?: string; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.param = details.param;
  }
}

/** No key, or one nobody knows. The key itself is never repeated. */
export class Unauthorized extends ProxyError {
  override readonly name = 'Unauthorized';

  constructor(reason: 'missing' | 'invalid') {
    super(
      'UNAUTHORIZED',
      reason === 'missing'
        ? 'No API key was given: send it as "Authorization: Bearer <key>".'
        : 'The API key is not one of this proxy.',
    );
  }
}

/** A route for the operator, asked for by somebody else. */
export class AdminOnly extends ProxyError {
  override readonly name = 'AdminOnly';

  constructor() {
    super(
      'ADMIN_ONLY',
      'This route needs the master key; where none is configured, it answers this machine only.',
    );
  }
}

export class NotFound extends ProxyError {
  override readonly name = 'NotFound';

  constructor(method: string, url: string) {
    super('NOT_FOUND', `Unknown request: ${method} ${shortened(pathOf(url))}`);
  }
}

/** Something in a request that is not a call: the body of an admin route, for example. */
export class InvalidRequest extends ProxyError {
  override readonly name = 'InvalidRequest';

  constructor(message: string, param?: string) {
    super('INVALID_REQUEST', message, param === undefined ? {} : { param });
  }
}

/** A member only the operator may give, such as `api_base`: it would send the proxy's key wherever a client likes. */
export class ForbiddenMember extends ProxyError {
  override readonly name = 'ForbiddenMember';

  constructor(member: string) {
    super(
      'FORBIDDEN_MEMBER',
      `"${member}" may not be set by a request: it belongs to the proxy's configuration.`,
      {
        param: member,
      },
    );
  }
}

export class ModelNotFound extends ProxyError {
  override readonly name = 'ModelNotFound';

  constructor(model: string) {
    super(
      'MODEL_NOT_FOUND',
      `The model "${shortened(model)}" does not exist or you do not have access to it.`,
      {
        param: 'model',
      },
    );
  }
}

export class BodyTooLarge extends ProxyError {
  override readonly name = 'BodyTooLarge';

  constructor(maxBytes: number) {
    super('BODY_TOO_LARGE', `The request body is larger than the ${maxBytes} bytes this proxy takes.`);
  }
}

/** Nobody reads this one: it is for the log. */
export class ClientGone extends ProxyError {
  override readonly name = 'ClientGone';

  constructor() {
    super('CLIENT_GONE', 'The client went away before its request was complete.');
  }
}

/** The provider did not answer, or not completely, within the time its deployment gives it. */
export class ProviderTimeout extends ProxyError {
  override readonly name = 'ProviderTimeout';

  constructor(message: string, cause?: unknown) {
    super('PROVIDER_TIMEOUT', message, cause === undefined ? {} : { cause });
  }
}

/** The provider could not be reached, or what came back is no answer. */
export class ProviderUnavailable extends ProxyError {
  override readonly name = 'ProviderUnavailable';

  constructor(message: string, cause?: unknown) {
    super('PROVIDER_UNAVAILABLE', message, cause === undefined ? {} : { cause });
  }
}

/** A client's text is repeated far enough to be recognised, not as far as it goes. */
const MAX_REPEATED_CHARACTERS = 128;

function shortened(text: string): string {
  return text.length <= MAX_REPEATED_CHARACTERS ? text : `${text.slice(0, MAX_REPEATED_CHARACTERS)}...`;
}

/** Queries are left out: some clients put keys there. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
