import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuardedFolder } from './guard.ts';
import { HopelessError } from './until.ts';

const outputBytesShown = 4000;

export interface ServerCommand {
  /** Names its output file in the folder, and it in messages. */
  readonly name: string;
  readonly program: string;
  readonly arguments: readonly string[];
  /** Added to, and winning over, the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The processes of one service: they share a folder, whose guard ends them with this process. */
export class ServerGroup {
  readonly folder: GuardedFolder;
  readonly #members: ServerProcess[] = [];

  constructor(folder: GuardedFolder) {
    this.folder = folder;
  }

  add(command: ServerCommand): ServerProcess {
    const member = new ServerProcess(command, this.folder.path, () => {
      this.folder.watch(this.#members.flatMap((each) => (each.isRunning ? [each.pid] : [])));
    });
    this.#members.push(member);
    return member;
  }

  /** Ends every member and removes the folder. Idempotent. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()));
    this.folder.remove();
  }
}

/** One server: a child process in a process group of its own, its output in a file. */
export class ServerProcess {
  readonly #command: ServerCommand;
  readonly #folder: string;
  readonly #onChange: () => void;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(command: ServerCommand, folder: string, onChange: () => void) {
    this.#command = command;
    this.#folder = folder;
    this.#onChange = onChange;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Of the running process. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#command.name} is not running`);
    return pid;
  }

  /** Starts it, with the same arguments every time. It is not ready yet when this returns. */
  start(): void {
    if (this.isRunning) throw new Error(`${this.#command.name} runs already: kill() it first`);
    const output = openSync(this.#outputFile, 'a');
    const child = spawn(this.#command.program, this.#command.arguments, {
      cwd: this.#folder,
      env: { ...process.env, ...this.#command.environment },
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    child.unref();
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#child = undefined;
        this.#onChange();
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
    this.#onChange();
  }

  /** SIGKILL to it and whatever it started. Nothing to do when it does not run. */
  async kill(): Promise<void> {
    this.#child?.ref();
    this.#signal('SIGKILL');
    await this.#ended;
  }

  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** To be asked while waiting for it: throws when it has ended, with what it said. */
  throwIfEnded(): void {
    if (!this.isRunning) throw new HopelessError(`${this.#command.name} ended at once\n${this.output()}`);
  }

  /** The end of what it wrote. */
  output(): string {
    if (!existsSync(this.#outputFile)) return '';
    return readFileSync(this.#outputFile, 'utf8').slice(-outputBytesShown);
  }

  get #outputFile(): string {
    return join(this.#folder, `${this.#command.name}.log`);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
