import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type onRequestAsyncHookHandler,
} from 'fastify';
import { NotFound } from '../errors/http-error.ts';
import { readBody } from './read-body.ts';
import { endStalled, refuseClient, refuseWhileClosing } from './refusals.ts';
import { sendError } from './send-error.ts';

export interface ServerOptions {
  readonly maxBodyBytes: number;
  /** How long a client may take to send a whole request, in milliseconds (`requestTimeout` of node:http). */
  readonly requestTimeoutMilliseconds: number;
  /** How long a connection may stand still without waiting for an answer, in milliseconds; then it ends. */
  readonly stallMilliseconds: number;
  /** Told of every error a route ends with. */
  readonly onError: (error: unknown) => void;
  /** Wraps the listener of the lane that can do everything with a faster one. Absent: one lane. */
  readonly lane?: (other: RequestListener) => RequestListener;
}

/** Longer than load balancers keep a connection (60 s as a rule), so that it is not closed under a request of theirs. */
const KEEP_ALIVE_MILLISECONDS = 72_000;
/** How soon a connection is ended that becomes idle while the proxy shuts down. */
const SWEEP_MILLISECONDS = 50;
/** How much later than its time a request may be refused: a part of that time. */
const CHECKS_PER_TIMEOUT = 4;

/**
 * One HTTP server with two lanes: `lane` sees every request first and passes on what it does not answer to Fastify,
 * which brings routing and plugins. Bodies are handed to routes as bytes, read once, whatever their content type says.
 */
export function createTwoLaneServer(options: ServerOptions): FastifyInstance {
  const refuse = refusalOf(options);
  const app = Fastify({
    logger: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: refuseClient,
    frameworkErrors: refuse,
    // Routes of this proxy are matched as they are written; a client's odd path is a 404, not a guess.
    routerOptions: { ignoreTrailingSlash: true },
    serverFactory: (other) => httpServer(options, other),
  });
  const endIdle = endIdleConnections(app.server);
  app.addHook('preClose', (done) => {
    endIdle();
    done();
  });
  // Fastify would refuse a type it cannot read, and here every body is bytes. `rawHeaders` still has it.
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    delete raw.headers['content-type'];
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: { raw: IncomingMessage }, _payload, done) => {
    readBody(request.raw, options.maxBodyBytes).then((bytes) => done(null, bytes), done);
  });
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => {
    reply.hijack();
    sendError(reply.raw, new NotFound(request.method, request.url));
  });
  return app;
}

/**
 * A hook that answers by itself, so that Fastify does not read the body first: who asks is decided before that, and what
 * goes wrong with it is told and logged like everything else.
 */
export function takenOver(
  answer: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
): onRequestAsyncHookHandler {
  return async (request, reply) => {
    reply.hijack();
    await answer(request.raw, reply.raw);
  };
}

/** The handler of a route whose {@link takenOver} hook has answered. */
export function unreached(): never {
  throw new Error('a hijacked reply has no handler');
}

function refusalOf({
  onError,
}: ServerOptions): (error: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, _request, reply) => {
    onError(error);
    reply.hijack();
    sendError(reply.raw, error);
  };
}

function httpServer(
  { lane, requestTimeoutMilliseconds, stallMilliseconds }: ServerOptions,
  other: RequestListener,
): Server {
  const listener = lane === undefined ? other : lane(other);
  const server = createServer(
    {
      requestTimeout: requestTimeoutMilliseconds,
      headersTimeout: requestTimeoutMilliseconds,
      connectionsCheckingInterval: Math.ceil(requestTimeoutMilliseconds / CHECKS_PER_TIMEOUT),
      keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
      noDelay: true,
    },
    // Both lanes stop together: a listening server takes requests, a closing one does not.
    (request, response) => (server.listening ? listener(request, response) : refuseWhileClosing(response)),
  );
  server.timeout = stallMilliseconds;
  server.on('timeout', endStalled);
  return server;
}

/**
 * Ends the connections nobody waits on, when called and then as they become idle. node:http's `close()` alone would wait
 * for those that were kept open after their last answer, and for those that never carried a request, which it takes for
 * busy: browsers and load balancers open some in advance.
 */
function endIdleConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MILLISECONDS).unref();
    server.once('close', () => clearInterval(sweep));
  };
}
