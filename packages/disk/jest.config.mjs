import base from '../../jest.base.mjs';

export default { ...base, displayName: 'disk', rootDir: import.meta.dirname };
