import base from '../../jest.base.mjs';

export default { ...base, displayName: 'proxy', rootDir: import.meta.dirname };
