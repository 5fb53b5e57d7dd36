import base from '../../jest.base.mjs';

export default { ...base, displayName: 'redis', rootDir: import.meta.dirname };
