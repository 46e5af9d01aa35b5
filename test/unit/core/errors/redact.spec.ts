import { inspect as print } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { StoreUnavailableError } from '../../../../lib/core/errors/errors.js';
import { inspect } from '../../../../lib/core/errors/inspect.js';
import { redactedCause } from '../../../../lib/core/errors/redact-error.js';
import { redactedValue } from '../../../../lib/core/errors/redact-value.js';
import { redact } from '../../../../lib/core/errors/redact.js';

const SECRET = 'hunter2';

describe('a text', () => {
  it.each([
    ['redis://:hunter2@host:6379', 'redis://***@host:6379'],
    ['connect to rediss://user:hunter2@host:6379/0 failed', 'connect to rediss://***@host:6379/0 failed'],
    ['https://user:hunter2@host/a?b=1', 'https://***@host/a?b=1'],
    ['redis://:hunter2#x@host:6379', 'redis://***@host:6379'],
    ['redis://:a/hunter2@host:6379', 'redis://***@host:6379'],
    ['redis://:a"hunter2@host:6379', 'redis://***@host:6379'],
    ['redis://:a hunter2@host:6379', 'redis://***@host:6379'],
    ["redis://:it's hunter2@host:6379", 'redis://***@host:6379'],
    ['redis://:p@hunter2@host:6379', 'redis://***@host:6379'],
    ['http://user:a/hunter2@host', 'http://***@host'],
    ['redis://:hunter2', 'redis://***'],
    ['redis://user:hunter2 has no host', 'redis://*** has no host'],
    ['default:hunter2@host:6379 is no URL', '***@host:6379 is no URL'],
    ["u:it's-hunter2@host:6379", '***@host:6379'],
    ['u:a"hunter2@host:6379', '***@host:6379'],
    ['u:a/hunter2@host:6379', '***@host:6379'],
    ['u:a hunter2 c@host:6379', '***@host:6379'],
    ['u:p@hunter2@host:6379', '***@host:6379'],
    ["password: it's-hunter2", 'password: ***'],
    ["redis://h:1?password=it's-hunter2&db=1", 'redis://h:1?password=***&db=1'],
    ["'password=hunter2'", "'password=***'"],
    ['password=hunter2', 'password=***'],
    ['REDIS_PASSWORD=hunter2 node main.js', 'REDIS_PASSWORD=*** node main.js'],
    ['{"password":"a\\"hunter2","db":1}', '{"password":"***","db":1}'],
    ["{ pwd: 'hunter2', db: 1 }", "{ pwd: '***', db: 1 }"],
    ['{"token":"hunter2"}', '{"token":"***"}'],
    ['authorization: Bearer hunter2', 'authorization: ***'],
    [
      "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'default' 'hunter2'",
      "ERR unknown command 'HELLO', with args beginning with: ***",
    ],
    ['a -----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY----- b', 'a *** b'],
    ['-----BEGIN RSA PRIVATE KEY-----\\nhunter2', '***'],
  ])('%j shows no secret', (text, safe) => {
    expect(redact(text)).toBe(safe);
    expect(redact(text)).not.toContain(SECRET);
  });

  it.each([
    '    at run (file:///x/node_modules/@scope/y.js:1:2)',
    '    at http://localhost:3000/node_modules/@scope/y.js:10:5',
    '    at webpack://app/./node_modules/@scope/y.js:1:2',
    '    at webpack-internal:///(rsc)/./node_modules/@scope/y.js:1:2',
    '    at turbopack://[project]/node_modules/@scope/y.js:1:2',
    '    at /x/node_modules/.pnpm/@scope+y@1.2.3/node_modules/@scope/y.js:1:2',
    'redis://localhost:6379 refused (file:///x/node_modules/@scope/y.js:1:2)',
    'redis://localhost:6379/0, of me@example.org',
    'rediss://[::1]:6379 is away',
    'Unexpected token < in JSON at position 0',
    'pod-1 leads (token 7)',
    'connect ECONNREFUSED 127.0.0.1:6379',
  ])('%j keeps what is none', text => expect(redact(text)).toBe(text));

  it('keeps the path behind an address', () =>
    expect(redact('redis://:hunter2@host at file:///x/node_modules/@scope/y.js')).toBe(
      'redis://***@host at file:///x/node_modules/@scope/y.js',
    ));
});

describe('a value', () => {
  it('is a copy without what is called a secret', () => {
    const tls = { key: SECRET, pfx: Buffer.from(SECRET), passphrase: SECRET, rejectUnauthorized: true };
    const login = {
      password: SECRET,
      pwd: 1234,
      credentials: { a: SECRET },
      token: SECRET,
      sentinelPassword: SECRET,
    };
    const value = {
      leader: { key: 'a:b' },
      token: 7,
      tls,
      login,
      nodes: [`redis://:${SECRET}@host`, { host: 'h' }],
    };
    expect(print(redactedValue(value), { depth: 9 })).not.toContain(SECRET);
    expect(redactedValue(value)).toEqual({
      leader: { key: 'a:b' },
      token: 7,
      tls: { key: '***', pfx: '***', passphrase: '***', rejectUnauthorized: true },
      login: { password: '***', pwd: '***', credentials: '***', token: '***', sentinelPassword: '***' },
      nodes: ['redis://***@host', { host: 'h' }],
    });
  });

  it('says of an instance only what it is', () => {
    class Client {
      password = SECRET;
    }
    expect(redactedValue({ redis: new Client(), at: new Date(0) })).toEqual({
      redis: 'an instance of Client',
      at: new Date(0),
    });
  });

  it('is bounded, and may refer to itself or refuse to be read', () => {
    const round: Record<string, unknown> = { many: Array.from({ length: 1e5 }, () => 'x'.repeat(10)) };
    round['self'] = round;
    round['wide'] = [round, round, round, round];
    expect(JSON.stringify(redactedValue(round)).length).toBeLessThan(200_000);
    const thrower = {
      get password() {
        throw new Error(SECRET);
      },
    };
    expect(print(redactedValue({ thrower }))).not.toContain(SECRET);
    expect(inspect(thrower)).not.toContain(SECRET);
  });
});

describe('a cause', () => {
  it('that holds nothing secret is the same error', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED', { cause: new Error('deeper') }), {
      code: 'X',
      port: 1,
    });
    expect(redactedCause(cause)).toBe(cause);
    const both = new AggregateError([new Error('one'), new Error('two')]);
    expect(redactedCause(both)).toBe(both);
  });

  it.each<[string, unknown]>([
    ['arguments', Object.assign(new TypeError('WRONGPASS'), { command: { name: 'auth', args: [SECRET] } })],
    [
      'an input',
      Object.assign(new TypeError('Invalid URL'), {
        input: `redis://:${SECRET}#x@host`,
        code: 'ERR_INVALID_URL',
      }),
    ],
    [
      'an input that begins with it',
      Object.assign(new TypeError('Invalid URL'), { input: `:${SECRET}`, code: 'ERR_INVALID_URL' }),
    ],
    ['a message', new TypeError(`cannot reach redis://:${SECRET}@host`)],
    ['a cause', new TypeError('outer', { cause: new Error(`password=${SECRET}`) })],
    ['many', new AggregateError([new Error(`redis://:${SECRET}@host`)], 'all failed')],
    ['a property', Object.assign(new TypeError('x'), { options: { password: SECRET } })],
    [
      'another error',
      Object.assign(new TypeError('x'), {
        lastNodeError: Object.assign(new Error('y'), { command: { name: 'hello', args: [SECRET] } }),
      }),
    ],
  ])('with a secret among its %s is one of the same class without', (_, cause) => {
    const error = new StoreUnavailableError({ problem: 'Away', remedy: 'Wait', cause });
    for (const printed of [print(error, { depth: 9, showHidden: true }), JSON.stringify(error)])
      expect(printed).not.toContain(SECRET);
    expect(error.cause).toBeInstanceOf(Object.getPrototypeOf(cause).constructor);
    expect((error.cause as Error).stack).toContain('redact.spec');
  });

  it('that refuses to be read is none', () => {
    const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
    revoke();
    expect(typeof redactedCause(proxy)).toBe('string');
  });
});
