import { createRequire } from 'node:module';
import base from '../jest.base.mjs';

/** By the conditions of jest.base.mjs, the CommonJS of Nx would be given the ES module of its template engine. */
const templateEngine = createRequire(import.meta.resolve('@nx/devkit')).resolve('ejs');

export default {
  ...base,
  displayName: 'tools',
  rootDir: import.meta.dirname,
  moduleNameMapper: { '^ejs$': templateEngine },
  testPathIgnorePatterns: [...base.testPathIgnorePatterns, '<rootDir>/services/'],
};
