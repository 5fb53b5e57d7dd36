import base from '../../jest.base.mjs';

export default { ...base, displayName: 'examples', rootDir: import.meta.dirname };
