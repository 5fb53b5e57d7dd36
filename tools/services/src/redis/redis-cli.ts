import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { requireProgram } from '../process/programs.ts';
import type { TlsFiles } from '../tls-files.ts';

const execute = promisify(execFile);

export interface RedisAddress {
  readonly port: number;
  readonly password?: string | undefined;
  readonly tls?: TlsFiles | undefined;
}

export interface RedisCliOptions {
  /** Default: 30. */
  readonly timeoutSeconds?: number;
  /** Commands, one a line, in place of the one in the arguments. */
  readonly input?: string;
}

/** The flags with which redis-cli reaches a server, host and port aside. */
export function connectionFlags(address: Pick<RedisAddress, 'tls'>): string[] {
  const { tls } = address;
  if (tls === undefined) return [];
  return ['--tls', '--cacert', tls.caFile, '--cert', tls.clientCertificateFile, '--key', tls.clientKeyFile];
}

/** What redis-cli printed, without the last newline. Rejects with its words when the server answered with an error. */
export async function redisCli(
  address: RedisAddress,
  commandArguments: readonly string[],
  options: RedisCliOptions = {},
): Promise<string> {
  const timeoutSeconds = options.timeoutSeconds ?? 30;
  const server = ['-h', '127.0.0.1', '-p', String(address.port), ...connectionFlags(address)];
  try {
    const running = execute(requireProgram('redis-cli'), [...server, '-e', ...commandArguments], {
      env: {
        ...process.env,
        ...(address.password === undefined ? {} : { REDISCLI_AUTH: address.password }),
      },
      timeout: timeoutSeconds * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    });
    // It closes its input early when it cannot connect; what it then says is the error to report.
    running.child.stdin?.on('error', () => undefined).end(options.input ?? '');
    const { stdout } = await running;
    return stdout.replace(/\n$/, '');
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      killed,
    } = error as { stdout?: string; stderr?: string; killed?: boolean };
    const said = `${stdout}${stderr}`.trim();
    const reason = killed === true ? `no answer within ${timeoutSeconds} s` : '';
    throw new Error(`redis-cli ${commandArguments.join(' ')}: ${[said, reason].filter(Boolean).join('; ')}`, {
      cause: error,
    });
  }
}
