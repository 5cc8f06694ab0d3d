import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * A file that others can name or replace may be a pipe, a device or endless: src/core/system/open-file.ts opens such
 * files. Who makes files of ours, or reads /proc alone, says so beside its import.
 */
const OPENERS = ['node:fs', 'node:fs/promises'].map((name) => ({
  name,
  importNames: [
    'createReadStream',
    'open',
    'openAsBlob',
    'openSync',
    'promises',
    'copyFile',
    'copyFileSync',
    'cp',
    'cpSync',
    'readFile',
    'readFileSync',
  ],
  message: 'Open files with src/core/system/open-file.ts.',
}));
// The job that has made a key pair locks the key when it is collected, and an export in JWK holds that lock while it makes
// strings: a collection in that moment stops Node.js 20 for ever.
const NO_KEY_PAIRS = {
  selector: 'ImportSpecifier[imported.name=/^generateKeyPair/]',
  message: 'Make the key of random bytes: an export of a generated one can stop Node.js for ever.',
};

const NO_OPENERS = [...OPENERS, 'fs', 'fs/promises'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.tools/', 'coverage/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // An empty environment variable counts as unset, which is what || says.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      // Bytes and control characters are this program's daily bread.
      'no-control-regex': 'off',
    },
  },
  {
    // The engine gets plain input and gives plain output; the shells own terminal, environment and exit.
    files: ['src/core/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        { name: 'performance', message: 'Its first use is slow. Take src/core/system/monotonic.ts.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['vscode', 'node:process', 'process', ...NO_OPENERS],
          patterns: ['**/cli/**', '**/extension/**'],
        },
      ],
      'no-restricted-properties': [
        'error',
        ...['env', 'exit', 'argv', 'stdin', 'stdout', 'stderr', 'cwd', 'exitCode'].map((property) => ({
          object: 'process',
          property,
          message: 'src/core takes this from its caller.',
        })),
      ],
    },
  },
  {
    files: ['src/cli/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: ['vscode', ...NO_OPENERS], patterns: ['**/extension/**'] }],
    },
  },
  {
    files: ['src/extension/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: NO_OPENERS }] },
  },
  {
    files: ['src/core/system/open-file.ts', 'src/core/system/opened-file.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', 350],
      'max-lines-per-function': ['error', 60],
      'max-params': ['error', 4],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportExpression[source.value=/^(node:)?fs(.promises)?$/]',
          message: 'Import it at the top, where the rule for opening files sees it.',
        },
        {
          selector: 'CallExpression[callee.name=/^mkdir(Sync)?$/] Property[key.name="recursive"]',
          message: 'Use makeDirectories: where a file system takes no directories, this never ends.',
        },
        NO_KEY_PAIRS,
      ],
    },
  },
  { files: ['test/**/*.ts'], rules: { 'no-restricted-syntax': ['error', NO_KEY_PAIRS] } },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
);
