import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier/flat';
import * as jsonc from 'jsonc-eslint-parser';
import tseslint from 'typescript-eslint';

/** Clients of stores and of HTTP frameworks: core works over any of them and so knows none. */
const clientLibraries = [
  'ioredis',
  'redis',
  '@redis/*',
  '@aws-sdk/*',
  '@smithy/*',
  '@qdrant/*',
  'lmdb',
  'better-sqlite3',
  'fastify',
  '@fastify/*',
  'express',
  'undici',
];

/** Who may import whom. Siblings never import each other, and nothing imports tools; tests may import the services. */
const layers = [
  { sourceTag: 'type:core', onlyDependOnLibsWithTags: ['type:none'], bannedExternalImports: clientLibraries },
  { sourceTag: 'type:backend', onlyDependOnLibsWithTags: ['type:core'] },
  { sourceTag: 'type:semantic', onlyDependOnLibsWithTags: ['type:core'] },
  { sourceTag: 'type:proxy', onlyDependOnLibsWithTags: ['type:core'] },
  {
    sourceTag: 'type:app',
    onlyDependOnLibsWithTags: ['type:core', 'type:backend', 'type:semantic', 'type:proxy'],
  },
  {
    sourceTag: 'type:tool',
    onlyDependOnLibsWithTags: [
      'type:core',
      'type:backend',
      'type:semantic',
      'type:proxy',
      'type:app',
      'type:service',
    ],
  },
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:none'] },
];

const layersOfTests = layers.map((layer) => ({
  ...layer,
  onlyDependOnLibsWithTags: [...layer.onlyDependOnLibsWithTags, 'type:service'],
}));

const testFiles = ['**/*.test.ts', '**/*.fixture.ts'];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/coverage/**', '.nx/**', 'tmp/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // A template of a number or a boolean reads as it should; objects stay forbidden.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `return void-call()` as an early exit is plain enough.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Contracts say `Promise`; an implementation that has nothing to await is still right.
      '@typescript-eslint/require-await': 'off',
      // `void | Promise<void>` is what a callback may return.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // What was caught, or is the reason of a signal, is passed on as it is.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      // Options are checked at run time too: callers in plain JavaScript have no types.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'TSEnumDeclaration', message: 'A union of literals, or an object `as const`.' },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['packages/**/*.ts', 'apps/**/*.ts', 'tools/**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], banTransitiveDependencies: true, depConstraints: layers },
      ],
    },
  },
  {
    files: testFiles,
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], banTransitiveDependencies: true, depConstraints: layersOfTests },
      ],
    },
  },
  {
    // What JSON.parse and the SDKs give a test is asserted on, which is the check.
    files: testFiles,
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // tools is never published: what it uses stands in the root package.json.
    files: ['packages/*/package.json', 'apps/*/package.json'],
    plugins: { '@nx': nx },
    languageOptions: { parser: jsonc },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          buildTargets: ['build'],
          ignoredFiles: [
            ...testFiles.map((pattern) => `{projectRoot}/${pattern}`),
            '{projectRoot}/jest.config.mjs',
          ],
        },
      ],
    },
  },
  prettier,
);
