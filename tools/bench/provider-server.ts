import { createServer } from 'node:http';

/** A provider that answers every chat completion at once with the same bytes. Prints its port. */
const answer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_780_000_000,
    model: 'bench',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'An answer. '.repeat(80) },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 300, completion_tokens: 200, total_tokens: 500 },
  }),
);

const server = createServer({ noDelay: true }, (request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, ['content-type', 'application/json', 'content-length', String(answer.length)]);
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
});
process.on('SIGTERM', () => process.exit(0));
