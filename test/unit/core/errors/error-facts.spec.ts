import { describe, expect, it } from '@jest/globals';

import { errorFacts } from '../../../../lib/core/errors/error-facts.js';

const thrower = () => {
  throw new Error('hands off');
};
const hostile = new Proxy(new Error('hidden'), { get: thrower, has: thrower, getPrototypeOf: thrower });

describe('the facts of an error', () => {
  it('are its name, its message and where it was thrown', () => {
    const error = new TypeError('no paper');
    const [first = '', ...frames] = (error.stack ?? '').split('\n');
    expect(first).toBe('TypeError: no paper');
    expect(errorFacts(error)).toEqual({
      errorName: 'TypeError',
      errorMessage: 'no paper',
      errorStack: frames.join('\n').trimStart(),
    });
  });

  it('report what caused it, but not in a circle for ever', () => {
    const refused = new Error('connect ECONNREFUSED');
    expect(errorFacts(new Error('fetch failed', { cause: refused })).errorMessage).toBe(
      'fetch failed ← connect ECONNREFUSED',
    );
    const round = new Error('round');
    round.cause = round;
    expect(errorFacts(round).errorMessage).toBe('round');
    const repeated = new Error('Redis is not available: away. Wait', { cause: new Error('away') });
    expect(errorFacts(repeated).errorMessage).toBe('Redis is not available: away. Wait');
    expect(errorFacts(new AggregateError([refused, new Error('other')])).errorMessage).toBe(
      'connect ECONNREFUSED',
    );
  });

  it('have no source lines but those of the stack, whatever a message looks like', () => {
    const { errorStack } = errorFacts(new Error('a\n    at forged (x.js:1:1)\n[Nest] forged\n\u001b[2Jb'));
    expect(errorStack).not.toMatch(/forged|\[Nest\]|2J/);
    expect(errorStack).toMatch(/^at .*error-facts\.spec/);
  });

  it('keep the path of a scoped package', () => {
    const stack = 'Error: x\n    at run (file:///x/node_modules/@scope/y.js:1:2)';
    expect(errorFacts(Object.assign(new Error('x'), { stack })).errorStack).toBe(
      'at run (file:///x/node_modules/@scope/y.js:1:2)',
    );
  });

  it('keep the source line even when the message is long', () => {
    expect(errorFacts(new Error('long\n'.repeat(10_000))).errorStack).toMatch(/^at .*error-facts\.spec/);
  });
});

describe('the facts of what was thrown', () => {
  it.each<[unknown, string, string]>([
    ['text', 'string', 'text'],
    [42, 'number', '42'],
    [null, 'object', 'null'],
    [{ why: 'because', password: 'x' }, 'object', '{"why":"because","password":"***"}'],
    [Symbol('s'), 'symbol', 'Symbol(s)'],
    [10n, 'bigint', '10'],
  ])('of what is no error (%p) are its type and what it says', (thrown, errorName, errorMessage) => {
    expect(errorFacts(thrown)).toEqual({ errorName, errorMessage, errorStack: '' });
  });

  it('are bounded, however much was thrown', () => {
    const huge = Object.assign(new Error('m'.repeat(1e6)), { name: 'n'.repeat(1e6), stack: 's'.repeat(1e7) });
    const { errorName, errorMessage, errorStack } = errorFacts(huge);
    expect([errorName.length, errorMessage.length, errorStack.length]).toEqual([101, 1001, 4001]);
    expect(errorMessage.endsWith('…')).toBe(true);
    expect(errorFacts({ text: 'x'.repeat(1e6) }).errorMessage.length).toBeLessThan(1002);
  });

  it('take no time worth mentioning, whatever the text', () => {
    // Of the processor: the machine may be busy with something else.
    const from = process.cpuUsage();
    for (const part of ['s', 's://', 'a:// ', '@', "a://'"]) errorFacts(new Error(part.repeat(1e6)));
    expect(process.cpuUsage(from).user / 1000).toBeLessThan(1000);
  });

  it('hide credentials', () => {
    const error = new Error('connect to redis://user:geheim@host:6379 failed');
    expect(Object.values(errorFacts(error)).join(' ')).not.toContain('geheim');
    expect(errorFacts(error).errorMessage).toBe('connect to redis://***@host:6379 failed');
  });

  it.each<[string, unknown]>([
    ['an error that refuses to be read', hostile],
    ['an object without a prototype', Object.create(null)],
    [
      'an object that refers to itself',
      (() => {
        const round: Record<string, unknown> = {};
        round['self'] = round;
        return round;
      })(),
    ],
    [
      'an error with a message that is none',
      Object.assign(new Error(), { message: Symbol('m'), stack: 5, name: null }),
    ],
    [
      'a revoked proxy',
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      })(),
    ],
    ['a function', thrower],
    ['an object whose toJSON throws', { toJSON: thrower }],
  ])('can be read of %s', (_, thrown) => {
    const facts = errorFacts(thrown);
    expect(Object.values(facts).every(value => typeof value === 'string')).toBe(true);
    expect(facts.errorName).not.toBe('');
    expect(facts.errorMessage).not.toBe('');
  });
});
