import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*.suite.mjs'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Node itself reads the sources of @cache/core, by their own condition.
    pool: 'forks',
    execArgv: ['--conditions=@cache/source', '--disable-warning=ExperimentalWarning'],
    server: { deps: { external: [/\/packages\/core\//] } },
  },
});
