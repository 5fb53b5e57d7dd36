import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder of a configuration with these files below it, gone when disposed of. */
export function configFolder(
  files: Readonly<Record<string, string>>,
): Disposable & { readonly folder: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'third-party-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** The files of a package as `npm i` leaves them. */
export function installed(
  name: string,
  packageJson: object,
  files: Readonly<Record<string, string>>,
): Record<string, string> {
  const folder = `node_modules/${name}`;
  const withJson = { ...files, 'package.json': JSON.stringify({ name, version: '1.0.0', ...packageJson }) };
  return Object.fromEntries(Object.entries(withJson).map(([file, text]) => [`${folder}/${file}`, text]));
}

/** An ES module package, its only file this. */
export function esPackage(name: string, code: string): Record<string, string> {
  return installed(name, { type: 'module', exports: { import: './index.js' } }, { 'index.js': code });
}

/** An expression: a definition as an author without any library writes it, whose option `label` must be a text. */
export function definitionCode(
  changes: { readonly members?: string; readonly create?: string } = {},
): string {
  return `{
    type: 'shelf',
    options: {
      '~standard': {
        version: 1,
        vendor: 'by hand',
        validate: (input) => {
          const issues = Object.entries(input)
            .filter(([name, value]) => name !== 'label' || typeof value !== 'string')
            .map(([name]) => ({ message: 'is not wanted', path: [name] }));
          return issues.length > 0 ? { issues } : { value: input };
        },
      },
    },
    create: ${changes.create ?? `(options, context) => ${backendCode(`name: options.label ?? 'shelf'`)}`},
    ${changes.members ?? ''}
  }`;
}

/** An expression: a backend that keeps bytes in a Map, with further members that win. */
export function backendCode(members = ''): string {
  return `(() => {
    const values = new Map();
    return {
      contract: 1,
      name: 'shelf',
      capabilities: {
        expiry: 'none', expiryResolutionMilliseconds: 0, maxValueBytes: 2 ** 20, maxKeyBytes: 1024, shared: false,
      },
      get: async (key) => values.get(key),
      set: async (key, bytes) => void values.set(key, bytes),
      delete: async (keys) => keys.filter((key) => values.delete(key)).length,
      ping: async () => undefined,
      close: async () => undefined,
      ${members}
    };
  })()`;
}
