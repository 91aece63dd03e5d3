/**
 * Lets plain Node run our sources: `node -r test/support/typescript.cjs some-script.ts`. For child processes of tests,
 * and for Jest's global setup, where Jest compiles TypeScript but does not find `./x.js` in `x.ts`.
 */
const Module = require('node:module');
const { readFileSync } = require('node:fs');
const { sep } = require('node:path');
const swc = require('@swc/core');
const jestConfig = require('../../jest.config.js');

const [, options] = jestConfig.transform['^.+\\.ts$'];
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (request, parent, ...rest) {
  const isOurs = parent?.filename?.endsWith('.ts') && !parent.filename.includes(`${sep}node_modules${sep}`);
  if (isOurs && request.startsWith('.') && request.endsWith('.js')) {
    return resolveFilename.call(this, request.slice(0, -'js'.length) + 'ts', parent, ...rest);
  }
  return resolveFilename.call(this, request, parent, ...rest);
};

// Under Jest there is one already.
Module._extensions['.ts'] ??= (module, filename) => {
  const { code } = swc.transformSync(readFileSync(filename, 'utf8'), { ...options, filename, sourceMaps: 'inline' });
  module._compile(code, filename);
};
