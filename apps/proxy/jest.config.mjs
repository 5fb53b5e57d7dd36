import base from '../../jest.base.mjs';

export default { ...base, displayName: 'proxy-app', rootDir: import.meta.dirname };
