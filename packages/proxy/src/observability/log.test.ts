import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createLogger, type Log, type LogOptions } from './log.ts';

function recorded(options: LogOptions = {}): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger({ destination: { write: (line) => void lines.push(line) }, ...options });
  return { log, lines };
}

describe('a line', () => {
  it('is one JSON object with level and time in words', () => {
    const { log, lines } = recorded();
    log.logger.info({ model: 'fast' }, 'request');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      model: 'fast',
      msg: 'request',
    });
    expect(lines[0]?.endsWith('}\n')).toBe(true);
  });

  it.each([
    'authorization',
    'api_key',
    'apiKey',
    'x-api-key',
    'cookie',
    'set-cookie',
    'master_key',
    'password',
  ])('does not show a member named %s, up to two levels deep', (member) => {
    const { log, lines } = recorded();
    const secret = { [member]: 'sk-secret' };
    log.logger.info({ ...secret, headers: secret, deployment: { litellm_params: secret } }, 'hello');
    expect(lines[0]).not.toContain('sk-secret');
    expect(lines[0]?.match(/\[hidden\]/g)).toHaveLength(3);
  });

  it('leaves the logged object as it was', () => {
    const object = { headers: { authorization: 'sk-secret' } };
    recorded().log.logger.info(object, 'hello');
    expect(object.headers.authorization).toBe('sk-secret');
  });

  it('has the stack and the cause of an error', () => {
    const { log, lines } = recorded();
    log.logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    const { err } = JSON.parse(lines[0] ?? '') as { err: { message: string; stack: string } };
    expect(err.message).toContain('outer');
    expect(err.stack).toContain('inner');
  });

  it('is written only from the level that is asked for', () => {
    const { log, lines } = recorded({ level: 'warn' });
    log.logger.info('no');
    log.unchecked.info('no');
    log.logger.warn('yes');
    expect(lines).toHaveLength(1);
  });
});

describe('a line for a person', () => {
  it('is short, and keeps control characters of clients away from the terminal', () => {
    const { log, lines } = recorded({ pretty: true });
    log.logger.info({ model: 'a\u001b[31m\nb', status: 200, nested: { x: 1 } }, 'request');
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d info {2}request model=a \[31m b status=200 nested=\{"x":1\}\n$/,
    );
  });

  it('is followed by the stack of an error', () => {
    const { log, lines } = recorded({ pretty: true });
    log.logger.error({ err: new Error('broken') }, 'failed');
    expect(lines[0]).toMatch(/error failed\n {4}Error: broken\n {4}at /);
  });
});

describe('writing', () => {
  it('is held back and flushed when asked', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'log-'));
    const file = join(directory, 'out');
    const descriptor = openSync(file, 'w');
    const log = createLogger({ destination: descriptor });
    log.logger.info('first');
    log.unchecked.info('second');
    expect(readFileSync(file, 'utf8')).toBe('');
    await log.flush();
    const messages = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages).toEqual(['first', 'second']);
    log.logger.info('third');
    await log.flush();
    expect(readFileSync(file, 'utf8')).toContain('third');
    // The descriptor stays open: the log looks after it until the process ends.
    rmSync(directory, { recursive: true });
  });
});
