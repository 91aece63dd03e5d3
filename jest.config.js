const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Sources import with the .js ending that Node wants; here the TypeScript files stand for themselves.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // It has ECMAScript modules only, which Node can require and Jest cannot.
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  transform: {
    '/node_modules/jose/.+\\.js$': ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'commonjs' } }],
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: false, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  globalSetup: '<rootDir>/test/global-setup.ts',
  globalTeardown: '<rootDir>/test/global-teardown.ts',
  reporters: ['default', '<rootDir>/test/count-reporter.cjs'],
  testTimeout: 30_000,
  // Many wait for a server that they stop or freeze. Jest alone would take one on a machine of two.
  maxWorkers: Math.max(2, availableParallelism() - 1),
};
