import base from '../../jest.base.mjs';

export default { ...base, displayName: 'core', rootDir: import.meta.dirname };
