import base from '../../jest.base.mjs';

// Each backend starts two threads, and many tests wait for the disk.
export default { ...base, displayName: 'disk', rootDir: import.meta.dirname, testTimeout: 30_000 };
