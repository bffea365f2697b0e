import tseslint from 'typescript-eslint';

const timeOutsideTheClock = ['error',
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Take time from the injected Clock.' },
  { selector: "CallExpression[callee.name='setTimeout']", message: 'Use Clock.schedule.' },
  { selector: "NewExpression[callee.name='TransformStream']", message: 'Stages are built by createStage().' },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'starter-models/**', 'audio-fixtures/**', '**/*.js', '**/*.mjs', '**/*.cjs', 'vitest.config.ts', '**/vite.config.ts'] },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { project: './tsconfig.lint.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
      'no-restricted-syntax': 'off',
    },
  },
  {
    files: ['packages/pipeline/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': ['error', 'navigator', 'WebSocket', 'self', 'postMessage', 'window', 'document', 'process', 'Buffer', 'fetch', 'name'],
      'no-restricted-imports': ['error', { patterns: ['node:*', 'onnxruntime-node', 'onnxruntime-web', 'ws', 'kokoro-js', '@huggingface/*', 'node-llama-cpp', '@wllama/*', '@sotto/*'] }],
    },
  },
  {
    files: ['packages/pipeline/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/stream/clock.ts', '**/stream/stage.ts', '**/stream/lookahead.ts', '**/testing/**'],
    rules: { 'no-restricted-syntax': timeOutsideTheClock },
  },
);
