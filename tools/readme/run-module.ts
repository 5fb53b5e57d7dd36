import { execFile } from 'node:child_process';
import { startFakeProvider } from '@cache/core/testing';
import type { Block } from './blocks.ts';
import { outputProblems } from './expected-output.ts';

const TIMEOUT_MILLISECONDS = 30_000;

/**
 * Runs a TypeScript block as an application's module: in a process of its own, by this Node, in the folder of its
 * document, from our sources, with a provider in the place of OpenAI's. It must end by itself, with exit code 0, having
 * printed what it says and nothing else.
 *
 * @returns the problems, none if it works.
 */
export async function runModule({ code, folder }: Block): Promise<string[]> {
  await using provider = await startFakeProvider();
  const { exitCode, stdout, stderr } = await runNode(code, folder, {
    PATH: process.env['PATH'] ?? '',
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: 'sk-example',
  });
  if (exitCode !== 0) return [`ends with exit code ${exitCode}`, ...stderr.trimEnd().split('\n')];
  return outputProblems(code, stdout);
}

interface Ended {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function runNode(code: string, folder: string, environment: Record<string, string>): Promise<Ended> {
  const nodeArguments = [
    '--conditions=@cache/source',
    '--input-type=module-typescript',
    '--disable-warning=ExperimentalWarning',
    `--eval=${code}`,
  ];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      nodeArguments,
      { cwd: folder, env: environment, timeout: TIMEOUT_MILLISECONDS, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : (error.code ?? `none: killed after ${TIMEOUT_MILLISECONDS} ms`);
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}
