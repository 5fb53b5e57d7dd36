import base from '../jest.base.mjs';

export default {
  ...base,
  displayName: 'tools',
  rootDir: import.meta.dirname,
  testPathIgnorePatterns: [...base.testPathIgnorePatterns, '<rootDir>/services/'],
};
