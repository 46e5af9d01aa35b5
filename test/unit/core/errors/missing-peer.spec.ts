import { runInNewContext } from 'node:vm';

import { describe, expect, it } from '@jest/globals';

import { MissingPeerError } from '../../../../lib/core/errors/errors.js';
import { peerError, unlessMissing } from '../../../../lib/core/errors/missing-peer.js';

describe('an optional package', () => {
  const forgive = unlessMissing('@nestjs/config');

  it.each([
    "Cannot find package '@nestjs/config' imported from /app/node_modules/x/index.js",
    "Cannot find module '@nestjs/config' from 'lib/nest/config-source.ts'",
  ])('may be missing: %s', message => expect(forgive(new Error(message))).toBeUndefined());

  it('may be missing in another realm, where errors are of another class', () => {
    const message = "Cannot find module '@nestjs/config' from 'dist/schedule.config.js'";
    const error: unknown = runInNewContext('Object.assign(new Error(message), { code })', {
      message,
      code: 'MODULE_NOT_FOUND',
    });
    expect(error).not.toBeInstanceOf(Error);
    expect(forgive(error)).toBeUndefined();
  });

  it.each([
    new Error("Cannot find package 'lodash' imported from /app/node_modules/@nestjs/config/dist/index.js"),
    new Error("Cannot find module '/app/node_modules/@nestjs/config/index.js' imported from /app/x.js"),
    new Error("Cannot find package '@nestjs/config-extra' imported from /app/x.js"),
    Object.assign(new Error("Cannot find package '@nestjs/config' imported from /app/x.js"), {
      code: 'EACCES',
    }),
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

describe('a needed package', () => {
  const advice = { problem: 'It needs ioredis', remedy: 'Install it' };

  it('is named by the error when it is missing', () => {
    const cause = new Error("Cannot find package 'ioredis' imported from /app/x.js");
    const error = peerError(cause, 'ioredis', advice);
    expect(error).toBeInstanceOf(MissingPeerError);
    expect(error).toMatchObject({ ...advice, code: 'MISSING_PEER' });
  });

  it('leaves any other error as it is', () => {
    const cause = new SyntaxError('Unexpected token');
    expect(peerError(cause, 'ioredis', advice)).toBe(cause);
  });
});
