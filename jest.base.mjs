/** What every project's jest.config.mjs spreads: ES modules straight from TypeScript source, nothing built before. */
export default {
  testEnvironment: 'node',
  // No test is about time; on a busy machine a short limit only makes a good one fail.
  testTimeout: 60_000,
  testEnvironmentOptions: { customExportConditions: ['@cache/source', 'node', 'import', 'default'] },
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
