import base from '../../jest.base.mjs';

export default {
  ...base,
  displayName: 's3',
  rootDir: import.meta.dirname,
  setupFiles: ['<rootDir>/src/one-realm.fixture.ts'],
};
