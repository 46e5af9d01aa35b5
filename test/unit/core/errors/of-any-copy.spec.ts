import { describe, expect, it, jest } from '@jest/globals';

import type * as Module from '../../../../lib/core/errors/errors.js';

const PATH = '../../../../lib/core/errors/errors.js';
type Errors = typeof Module;

const DETAILS = { problem: 'A problem', remedy: 'A remedy' };

const errors = (await import(PATH)) as Errors;
jest.resetModules();
const other = (await import(PATH)) as Errors;

const names = Object.keys(errors) as (keyof Errors)[];
const concrete = names.filter(name => name !== 'ScheduleError' && name !== 'PermanentError');

describe('An error of another copy of the package', () => {
  it.each(concrete)('is an instance of %s as one of this copy is, and of no other class', name => {
    const error = new other[name as 'ShutdownError'](DETAILS);
    expect(other[name]).not.toBe(errors[name]);
    const accepting = names.filter(one => (error as unknown) instanceof errors[one]);
    expect(accepting.toSorted()).toEqual([name, 'ScheduleError'].toSorted());
  });

  it('is a PermanentError also as a subclass', () => {
    class NoSuchCustomer extends other.PermanentError {}
    expect(new NoSuchCustomer('')).toBeInstanceOf(errors.PermanentError);
    expect(new NoSuchCustomer('')).not.toBeInstanceOf(errors.ScheduleError);
  });

  it('is no instance of a subclass of the application', () => {
    class NoSuchCustomer extends errors.PermanentError {}
    expect(new NoSuchCustomer('')).toBeInstanceOf(NoSuchCustomer);
    expect(new errors.PermanentError('')).not.toBeInstanceOf(NoSuchCustomer);
    expect(new other.PermanentError('')).not.toBeInstanceOf(NoSuchCustomer);
  });

  it.each([undefined, null, 'PERMANENT', new Error('PERMANENT'), { code: 'PERMANENT' }])('is not %p', value =>
    expect(value).not.toBeInstanceOf(errors.PermanentError),
  );
});
