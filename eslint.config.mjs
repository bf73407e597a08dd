import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Syntax that no file has. */
const everywhere = [
  { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' },
  {
    // A plain object in its place is read by our code, and not by Node's own nor by child processes' defaults.
    selector: 'AssignmentExpression[left.object.name="process"][left.property.name="env"]',
    message: 'Set the variables one by one: the real environment stays behind a replaced object.',
  },
];

const sleeps =
  'Wait for what is to happen with until(); where time itself is the matter, letPass() says why (test/lab/support/until.ts).';

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.lab/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...everywhere],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/report/**', 'src/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    // What Pulumi's SDK promises to nobody is named in one folder, where a test checks it.
    files: ['src/**/*.ts'],
    ignores: ['src/sdk/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@pulumi/pulumi/*', '!@pulumi/pulumi/automation'],
              message: 'Take it from src/sdk.',
            },
            {
              group: ['@pulumi/pulumi/automation'],
              allowTypeImports: true,
              message: 'Types alone; load it with src/sdk/automation.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    // A sleep that waits for something is too short on a busy machine, and too long on any other.
    files: ['test/lab/**/*.ts', 'test/fleet/**/*.ts'],
    ignores: ['test/lab/support/until.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...everywhere,
        {
          selector:
            'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"][arguments.0.type="Identifier"]',
          message: sleeps,
        },
        { selector: 'ImportDeclaration[source.value=/^(node:)?timers.promises$/]', message: sleeps },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        require: 'readonly',
        module: 'writable',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        exports: 'writable',
      },
    },
  },
);
