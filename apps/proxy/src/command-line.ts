import { Command, InvalidArgumentError } from 'commander';

/** What the operator asked for. */
export interface CommandLine {
  /** Absent: the configuration that comes with the application. */
  readonly config?: string;
  readonly host: string;
  readonly port: number;
  /** Only say whether the configuration is good. */
  readonly check: boolean;
  readonly allowUnauthenticated: boolean;
}

const DEFAULT_PORT = 4000;
const DEFAULT_HOST = '127.0.0.1';

/** Reads `argv` (as `process.argv`). Prints help, version and mistakes itself, and ends the process then. */
export function readCommandLine(argv: readonly string[], version: string): CommandLine {
  const program = new Command('cache-proxy')
    .description('An OpenAI-compatible proxy that answers what was asked before from a cache.')
    .version(version)
    .option('-c, --config <file>', "LiteLLM's config.yaml (default: a demo that needs no key and no network)")
    .option('--host <address>', 'address to listen on', DEFAULT_HOST)
    .option('-p, --port <number>', 'port to listen on, 0 for any free one', portOf, DEFAULT_PORT)
    .option('--check', 'check the configuration, say what it means, and exit', false)
    .option('--allow-unauthenticated', 'listen beyond this machine without a master_key', false)
    .showHelpAfterError('(cache-proxy --help lists the options)')
    .allowExcessArguments(false)
    .parse(argv);
  return program.opts<CommandLine>();
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}
