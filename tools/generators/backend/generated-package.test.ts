import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { scratchWorkspace, type ScratchWorkspace } from './scratch-workspace.fixture.ts';

/** Each step is a compiler, a linter or a test run of its own. */
jest.setTimeout(150_000);

const STORE = 'packages/acme/src/acme-store.ts';

/** All that its author has to write, over a Map. */
const MAP_STORE = `
export function openAcmeStore(_options: AcmeBackendOptions): AcmeStore {
  const values = new Map<string, Uint8Array>();
  return {
    async get(key) {
      return values.get(key)?.slice();
    },
    async set(key, bytes) {
      values.set(key, new Uint8Array(bytes));
    },
    async delete(keys) {
      return keys.filter((key) => values.delete(key)).length;
    },
    async *list(prefix) {
      for (const key of values.keys()) if (key.startsWith(prefix)) yield { key };
    },
    async ping() {},
    async close() {},
  };
}
`;

describe('a package just generated', () => {
  let workspace: ScratchWorkspace;
  beforeAll(async () => {
    workspace = scratchWorkspace();
    const { exitCode, output } = await workspace.run('nx', 'g', '@cache/tools:backend', 'acme');
    expect({ exitCode, output }).toEqual({
      exitCode: 0,
      output: expect.stringContaining('packages/acme is there.'),
    });
  });
  afterAll(() => workspace.remove());

  it('is a project with the tag of a backend', async () => {
    const { output } = await workspace.run('nx', 'show', 'projects', '--projects', 'tag:type:backend');
    expect(output.split('\n')).toContain('@cache/acme');
  });

  it('fails its suite: there is no store yet', async () => {
    const { exitCode, output } = await suite(workspace);
    expect(exitCode).toBe(1);
    expect(output).toContain('acme: set is not written yet, see acme-store.ts');
    expect(output).toMatch(/Tests: +\d\d failed/);
  });

  it('passes it once the store is written', async () => {
    const text = workspace.read(STORE);
    const interfaceOnly = text
      .slice(0, text.indexOf('/** Must not need'))
      .trimEnd()
      .replace('CacheError, type BackendKey', 'type BackendKey');
    workspace.write(STORE, `${interfaceOnly}\n${MAP_STORE}`);
    const { exitCode, output } = await suite(workspace);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toMatch(/Tests: +\d\d passed, \d\d total/);
  });

  it('type-checks', async () => {
    expect(await workspace.run('tsc', '--build', 'packages/acme')).toEqual({ exitCode: 0, output: '' });
  });

  it('has nothing to complain of for linter and formatter', async () => {
    const linted = await workspace.run('eslint', '--max-warnings', '0', 'packages/acme');
    expect(linted).toEqual({ exitCode: 0, output: '' });
    const changed = [
      'packages/acme',
      '.changeset/acme-backend.md',
      'tsconfig.json',
      'tools/check/size-budget.json',
    ];
    expect(await workspace.run('prettier', '--check', ...changed)).toMatchObject({ exitCode: 0 });
  });
});

function suite(workspace: ScratchWorkspace): ReturnType<ScratchWorkspace['run']> {
  return workspace.run('jest', '-c', 'packages/acme/jest.config.mjs');
}
