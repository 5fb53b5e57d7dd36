import base from '../../jest.base.mjs';

export default { ...base, displayName: 'services', rootDir: import.meta.dirname };
