/** Specs that use the built package: `dist`, or the pods of the tests as processes. */
const ON_THE_BUILT_PACKAGE = [
  'test/package/{build,readme,recipes,retained-context,tarball,tick-path,time-bombs,types}.spec.ts',
  'test/chaos/{fail-over,random,rolling-update}.spec.ts',
  'test/integration/cli/**/*.spec.ts',
  'test/integration/fast-takeover/processes.spec.ts',
  'test/integration/tls-refused.spec.ts',
  'test/integration/nest/adopting/processes.spec.ts',
  'test/integration/nest/secrets.spec.ts',
  'sample-app/test/**/*.spec.ts',
];

/** @type {import('jest').Config} */
const project = {
  testEnvironment: 'node',
  // It sets the flag of node that jest needs to load ES modules.
  runner: '<rootDir>/test/support/jest/esm-runner.mjs',
  roots: ['<rootDir>/lib', '<rootDir>/test', '<rootDir>/sample-app'],
  // Their package.json files have names of their own.
  modulePathIgnorePatterns: ['<rootDir>/test/fixtures/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, verbatimModuleSyntax: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...project,
      displayName: 'sources',
      testMatch: [
        '<rootDir>/test/**/*.spec.ts',
        '!**/test/fixtures/**',
        ...ON_THE_BUILT_PACKAGE.map(glob => `!**/${glob}`),
      ],
    },
    {
      ...project,
      displayName: 'package',
      testMatch: ON_THE_BUILT_PACKAGE.map(glob => `<rootDir>/${glob}`),
      // It runs only if one of these specs does, and builds only if the sources have changed.
      globalSetup: '<rootDir>/test/support/jest/build-package.mjs',
    },
  ],
  testTimeout: 30_000,
  // Most specs own a server process or several pods, and wait for them; more at once would measure the machine.
  maxWorkers: 3,
  reporters: ['default', '<rootDir>/test/support/jest/closing-line-reporter.mjs'],
};
