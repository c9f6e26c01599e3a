module.exports = {
  root: true,
  overrides: [
    {
      // The packages have configurations of their own.
      files: ['scripts/**/*.mjs', 'benchmarks/**/*.mjs'],
      extends: ['eslint:recommended'],
      parserOptions: { ecmaVersion: 2022, sourceType: 'module' },
      env: { node: true, es2022: true },
      rules: {
        'no-unused-vars': ['error', { argsIgnorePattern: '^$' }],
        'prefer-const': 'error',
        'no-shadow': 'error',
      },
    },
  ],
};
