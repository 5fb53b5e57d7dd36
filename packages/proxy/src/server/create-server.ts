import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { NotFound } from '../errors/http-error.ts';
import { readBody } from './read-body.ts';
import { sendError } from './send-error.ts';

export interface ServerOptions {
  readonly maxBodyBytes: number;
  /** How long a client may take to send a whole request, in milliseconds (`requestTimeout` of node:http). */
  readonly requestTimeoutMilliseconds: number;
  /** Wraps the listener of the lane that can do everything with a faster one. Absent: one lane. */
  readonly lane?: (other: RequestListener) => RequestListener;
}

/**
 * One HTTP server with two lanes: `lane` sees every request first and passes on what it does not answer to Fastify,
 * which brings routing and plugins. Bodies are handed to routes as bytes, read once, whatever their content type says.
 */
export function createTwoLaneServer(options: ServerOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    forceCloseConnections: 'idle',
    // Routes of this proxy are matched as they are written; a client's odd path is a 404, not a guess.
    routerOptions: { ignoreTrailingSlash: true },
    serverFactory: (other) => httpServer(options, other as RequestListener),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: { raw: IncomingMessage }, _payload, done) => {
    readBody(request.raw, options.maxBodyBytes).then((bytes) => done(null, bytes), done);
  });
  app.setErrorHandler((error, _request, reply) => {
    reply.hijack();
    sendError(reply.raw, error);
  });
  app.setNotFoundHandler((request, reply) => {
    reply.hijack();
    sendError(reply.raw, new NotFound(request.method, request.url));
  });
  return app;
}

function httpServer({ lane, requestTimeoutMilliseconds }: ServerOptions, other: RequestListener): Server {
  const listener = lane === undefined ? other : lane(other);
  const server = createServer({ requestTimeout: requestTimeoutMilliseconds, noDelay: true }, listener);
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    else socket.destroy();
  });
  return server;
}
