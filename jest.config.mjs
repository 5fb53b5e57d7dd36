import base from './jest.base.mjs';

export default {
  // jest heeds the one of the workspace where it runs many projects, and a project's own where it runs that alone.
  testTimeout: base.testTimeout,
  // Most of a run is waiting for servers: on two cores jest's own choice would be a single worker.
  maxWorkers: '100%',
  // Modules of a test file stay with its worker; a new one begins small.
  workerIdleMemoryLimit: '1.5GB',
  projects: [
    '<rootDir>/packages/*/jest.config.mjs',
    '<rootDir>/apps/*/jest.config.mjs',
    '<rootDir>/tools/jest.config.mjs',
    '<rootDir>/tools/services/jest.config.mjs',
  ],
};
