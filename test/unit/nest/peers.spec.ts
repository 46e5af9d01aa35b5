import { describe, expect, it } from '@jest/globals';

import { unlessMissing } from '../../../lib/schedule.peers.js';

describe('an optional package', () => {
  const forgive = unlessMissing('@nestjs/config');

  it.each([
    "Cannot find package '@nestjs/config' imported from /app/node_modules/x/index.js",
    "Cannot find module '@nestjs/config' from 'lib/schedule.config.ts'",
  ])('may be missing: %s', message => expect(forgive(new Error(message))).toBeUndefined());

  it.each([
    new Error("Cannot find package 'lodash' imported from /app/node_modules/@nestjs/config/dist/index.js"),
    new SyntaxError('Unexpected token'),
    'not an error',
  ])('may not be broken: %p', error => {
    let thrown: unknown;
    try {
      forgive(error);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(error);
  });
});
