import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { createBackend, systemClock, type BackendContext, type CacheBackend } from '@cache/core';
import { configFolder, backendCode, definitionCode, esPackage, installed } from './third-party.fixture.ts';
import { loadThirdPartyBackend } from './third-party.ts';

const context: BackendContext = { clock: systemClock, warn: () => undefined };
const builtInTypes = ['local', 'redis', 's3', 'disk'];

/** Loads `type` as the application does, and makes the backend. */
async function open(
  type: string,
  folder: string,
  params: object = {},
  timeoutMilliseconds = 30_000,
): Promise<CacheBackend> {
  const options = { folder, builtInTypes, timeoutMilliseconds };
  return createBackend(await loadThirdPartyBackend(type, options), params, context);
}

/** What an operator reads where `type` cannot be used. */
async function refusalOf(
  type: string,
  folder: string,
  params?: object,
  timeoutMilliseconds?: number,
): Promise<string> {
  const error: unknown = await open(type, folder, params, timeoutMilliseconds).then(
    () => 'it was taken',
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'CACHE_INVALID_OPTION' });
  return (error as Error).message;
}

describe('cache_params.type names a package', () => {
  it.each<[string, string, Record<string, string>]>([
    ['an ES module', 'shelf', esPackage('shelf', `export default ${definitionCode()};`)],
    ['a scoped one', '@acme/shelf', esPackage('@acme/shelf', `export default ${definitionCode()};`)],
    [
      'a definition exported by name',
      'shelf',
      esPackage('shelf', `export const definition = ${definitionCode()};\nexport default () => 'a backend';`),
    ],
    [
      'a path of its exports',
      '@acme/stores/shelf',
      installed(
        '@acme/stores',
        { type: 'module', exports: { './shelf': './src/shelf.js' } },
        { 'src/shelf.js': `export const definition = ${definitionCode()};` },
      ),
    ],
    [
      'CommonJS',
      'shelf',
      installed('shelf', { main: 'main.cjs' }, { 'main.cjs': `module.exports = ${definitionCode()};` }),
    ],
    [
      'CommonJS with a named export',
      'shelf',
      installed(
        'shelf',
        { main: 'main.cjs' },
        { 'main.cjs': `exports['defin' + 'ition'] = ${definitionCode()};` },
      ),
    ],
    [
      'CommonJS a compiler made of an ES module',
      'shelf',
      installed(
        'shelf',
        { main: 'main.cjs' },
        {
          'main.cjs': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${definitionCode()};`,
        },
      ),
    ],
    [
      'both: then the ES module',
      'shelf',
      installed(
        'shelf',
        { exports: { require: './main.cjs', import: './main.mjs' } },
        { 'main.cjs': 'throw new Error()', 'main.mjs': `export default ${definitionCode()};` },
      ),
    ],
    [
      'a schema that is a function',
      'shelf',
      esPackage(
        'shelf',
        `const definition = ${definitionCode()};
         export default { ...definition, options: Object.assign(() => undefined, definition.options) };`,
      ),
    ],
  ])('%s', async (_, type, files) => {
    using config = configFolder(files);
    const backend = await open(type, config.folder, { label: 'books' });
    expect(backend.name).toBe('books');
    await backend.set('a', Buffer.from('1'));
    expect(await backend.get('a')).toEqual(Buffer.from('1'));
  });

  it('is looked for above the folder too, and from nowhere else', async () => {
    using config = configFolder({
      ...esPackage('shelf', `export default ${definitionCode()};`),
      'etc/proxy/config.yaml': '',
    });
    expect((await open('shelf', join(config.folder, 'etc', 'proxy'))).name).toBe('shelf');
    // This workspace has jest; the folder of the configuration has not.
    expect(await refusalOf('jest', config.folder)).toContain('there is no package "jest"');
  });

  it('gives the definition its options and its context', async () => {
    using config = configFolder(
      esPackage(
        'shelf',
        `export default ${definitionCode({
          create: `async (options, { environment, namespace }) => ${backendCode('name: `${options.label} ${environment.SHELF} ${namespace}`')}`,
        })};`,
      ),
    );
    const definition = await loadThirdPartyBackend('shelf', config);
    const full = { ...context, environment: { SHELF: 'oak' }, namespace: 'team' };
    expect((await createBackend(definition, { label: 'books' }, full)).name).toBe('books oak team');
    expect(definition.type).toBe('shelf');
  });
});

describe('cache_params.type names a file', () => {
  it('beside the configuration, or beside its folder', async () => {
    using config = configFolder({
      'etc/backends/mine.mjs': `export default ${definitionCode()};`,
      'shared/it s 100%.mjs': `export default ${definitionCode()};`,
    });
    const folder = join(config.folder, 'etc');
    expect((await open('./backends/mine.mjs', folder)).name).toBe('shelf');
    expect((await open('../shared/it s 100%.mjs', folder)).name).toBe('shelf');
  });

  it('that is missing, or a folder', async () => {
    using config = configFolder({ 'backends/mine.mjs': '' });
    const missing = join(config.folder, 'backends', 'yours.mjs');
    expect(await refusalOf('./backends/yours.mjs', config.folder)).toContain(`there is no file ${missing}`);
    expect(await refusalOf('./backends', config.folder)).toContain('is a folder: name the file in it');
    expect(await refusalOf('./a\0b', config.folder)).toContain('cannot be read');
    expect(await refusalOf('./backends/mine.mjs/deeper', config.folder)).toMatch(/cannot be read|no file/);
  });
});

describe('a package that is not there', () => {
  it('says where it was looked for, how to install it, or which built-in type was meant', async () => {
    using config = configFolder({});
    expect(await refusalOf('redsi', config.folder)).toBe(
      `"redsi": there is no package "redsi" in ${config.folder}, nor above it; did you mean "redis"?`,
    );
    expect(await refusalOf('@acme/stores/shelf', config.folder)).toContain('"npm i @acme/stores"');
    expect(await refusalOf('my-shelf', config.folder)).toContain('; built in are local, redis, s3, disk');
  });

  it('is told from one that lacks a file, a path, or a package of its own', async () => {
    using config = configFolder({
      ...installed('hollow', { main: 'lib/gone.js' }, {}),
      ...esPackage('shelf', ''),
      ...esPackage('needy', "import 'nothing-of-the-kind';"),
    });
    expect(await refusalOf('hollow', config.folder)).toContain('the package cannot be entered: ');
    expect(await refusalOf('shelf/inside', config.folder)).toMatch(/cannot be entered: .*'\.\/inside'/);
    const needy = await refusalOf('needy', config.folder);
    expect(needy).toMatch(/cannot be imported: .*nothing-of-the-kind/);
    expect(needy).not.toContain('npm i needy');
  });
});

describe('what is never imported', () => {
  it.each([
    ['node:fs', 'is an address'],
    ['file:///etc/backend.js', 'is an address'],
    ['http://127.0.0.1/backend.js', 'is an address'],
    ['https://example.com/backend.js', 'is an address'],
    ['data:text/javascript,export default 1', 'is an address'],
    ['C:\\backend.js', 'is an address'],
    ['npm:shelf', 'is an address'],
    ['/etc/backend.js', 'is an absolute path'],
    ['\\\\server\\backend.js', 'is an absolute path'],
    ['fs', 'is a module of Node itself'],
    ['fs/promises', 'is a module of Node itself'],
    ['sqlite/../../backend.js', 'leaves the package sqlite'],
    ['shelf/./index.js', 'leaves the package'],
    ['shelf/%2e%2e/index.js', 'leaves the package'],
    ['shelf//index.js', 'leaves the package'],
    ['shelf/', 'leaves the package'],
    ['@acme/shelf/../../x', 'leaves the package'],
    ['#internal', 'is not the name of a package'],
    ['..', 'is not the name of a package'],
    ['.hidden', 'is not the name of a package'],
    ['@acme', 'is not the name of a package'],
    ['node_modules', 'is not the name of a package'],
    ['my shelf', 'is not the name of a package'],
    ['Redis', 'is not the name of a package'],
    ['', 'is not the name of a package'],
    ['qdrant-semantic', 'is a cache type of LiteLLM that this release does not have'],
    ['gcs', 'is a cache type of LiteLLM'],
  ])('%j', async (type, reason) => {
    using config = configFolder({
      ...esPackage('gcs', `export default ${definitionCode()};`),
      ...esPackage('shelf', `export default ${definitionCode()};`),
      'node_modules/x/index.js': '',
    });
    expect(await refusalOf(type, config.folder)).toContain(`${JSON.stringify(type)}: ${reason}`);
  });

  it('but a slip of a built-in type is told', async () => {
    using config = configFolder({});
    expect(await refusalOf('Redis', config.folder)).toMatch(/did you mean "redis"\?$/);
  });
});

describe('a module that cannot be imported', () => {
  it.each([
    ['throws', "\n\nthrow new Error('no licence');", /cannot be imported: no licence \(.*index\.js:3:\d+\)$/],
    [
      'throws no Error',
      "throw { reason: 'none' };",
      /cannot be imported: \{ reason: 'none' \} \(.*index\.js\)$/,
    ],
    ['is no JavaScript', 'const = 3;', /cannot be imported: .*\(.*index\.js(:\d+:\d+)?\)$/],
  ])('it %s', async (_, code, message) => {
    using config = configFolder(esPackage('shelf', code));
    expect(await refusalOf('shelf', config.folder)).toMatch(message);
  });
});

describe('a module without a definition', () => {
  it.each([
    ['nothing', '', 'exports no backend definition as "default" or "definition"; it exports nothing ('],
    [
      'something else',
      'export default () => 1; export const label = "x"; export const list = [];',
      'it exports "default" (a function), "label" ("x"), "list" (a list) (',
    ],
    [
      'a malformed one',
      'export default { type: 7, options: {}, create: "soon" };',
      'its definition is malformed: type must be a name such as "redis", got 7; options must be a schema with a "~standard" member (zod, valibot, arktype, ...), got an object; create must be a function, got "soon" (',
    ],
    [
      'one that lacks members',
      `export const definition = { ...${definitionCode()}, create: undefined };`,
      'its definition is malformed: create must be a function, got nothing (',
    ],
  ])('it exports %s', async (_, code, message) => {
    using config = configFolder(esPackage('shelf', code));
    const said = await refusalOf('shelf', config.folder);
    expect(said).toContain(message);
    expect(said).toContain(join('node_modules', 'shelf', 'index.js'));
  });
});

describe('options', () => {
  it('are refused all at once, by their names', async () => {
    using config = configFolder(esPackage('shelf', `export default ${definitionCode()};`));
    expect(await refusalOf('shelf', config.folder, { label: 7, colour: 'red' })).toBe(
      'shelf: label: is not wanted; colour: is not wanted',
    );
  });

  it.each([
    [
      'throws',
      "() => { throw new Error('dropped'); }",
      /cannot check its options: dropped \(.*index\.js:\d+:\d+\)/,
    ],
    ['rejects', "async () => { throw new Error('dropped'); }", /cannot check its options: dropped/],
    ['returns nothing', '() => undefined', /its schema returns neither a value nor issues/],
    ['returns no issue', '() => ({ issues: [] })', /its schema returns neither a value nor issues/],
    [
      'returns a text as issues',
      "() => ({ issues: 'bad' })",
      /its schema returns neither a value nor issues/,
    ],
  ])('of a schema that %s', async (_, validate, message) => {
    const schema = `options: { '~standard': { version: 1, vendor: 'x', validate: ${validate} } },`;
    using config = configFolder(esPackage('shelf', `export default ${definitionCode({ members: schema })};`));
    expect(await refusalOf('shelf', config.folder)).toMatch(message);
  });
});

describe('a backend that cannot be used', () => {
  it.each([
    [
      'create throws',
      "() => { throw new Error('no room'); }",
      /cannot make its backend: no room \(.*index\.js:/,
    ],
    ['create rejects', "async () => { throw new Error('no room'); }", /cannot make its backend: no room/],
    ['it is none', '() => null', /made null in the place of a backend/],
    [
      'it speaks another contract',
      `() => ${backendCode('contract: 2')}`,
      /its backend speaks version 2 of the backend contract, and this release speaks version 1: install a version of it/,
    ],
    [
      'it speaks none',
      `() => ${backendCode('contract: undefined')}`,
      /speaks no version of .* speaks version 1/,
    ],
    [
      'members are missing',
      `() => ${backendCode("name: '', get: undefined, list: 7")}`,
      /malformed backend: name must be a text; get must be a function; list must be a function, if it is there$/,
    ],
    [
      'capabilities are missing',
      `() => ${backendCode('capabilities: { expiry: true }')}`,
      /capabilities\.expiry must be "native" or "none"; .*maxValueBytes must be .*; capabilities\.shared must be/,
    ],
  ])('%s', async (_, create, message) => {
    using config = configFolder(esPackage('shelf', `export default ${definitionCode({ create })};`));
    expect(await refusalOf('shelf', config.folder)).toMatch(message);
  });

  it('is closed', async () => {
    const create = `({ label }) => ${backendCode("contract: 2, close: () => { globalThis[label] = 'closed'; throw 1; }")}`;
    using config = configFolder(esPackage('shelf', `export default ${definitionCode({ create })};`));
    const label = pathToFileURL(dirname(config.folder)).href;
    expect(await refusalOf('shelf', config.folder, { label })).toContain('version 2');
    expect((globalThis as Record<string, unknown>)[label]).toBe('closed');
  });
});

describe('what never ends', () => {
  const forever = 'new Promise(() => undefined)';

  it.each([
    [
      'a top level',
      `await ${forever};`,
      /cannot be imported: its top level has not .* 0\.2 s \(.*index\.js\)$/,
    ],
    [
      'create',
      `export default ${definitionCode({ create: `() => ${forever}` })};`,
      /cannot make its backend: its "create" has not finished within 0\.2 s$/,
    ],
    [
      'close of a backend that is not used',
      `export default ${definitionCode({ create: `() => ${backendCode(`contract: 2, close: () => ${forever}`)}` })};`,
      /its backend speaks version 2/,
    ],
  ])('%s', async (_, code, message) => {
    using config = configFolder(esPackage('shelf', code));
    expect(await refusalOf('shelf', config.folder, {}, 200)).toMatch(message);
  });
});
