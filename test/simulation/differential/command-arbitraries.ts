import * as fc from 'fast-check';

/** Few keys and few members, so that commands meet each other, types clash and collections become empty. */
const key = fc.constantFrom('a', 'b', 'c');
const name = fc.constantFrom('x', 'y', 'z', 'xx', '7');
const text = fc.constantFrom(
  '',
  '0',
  '5',
  '-3',
  '1e3',
  '1.5',
  'word',
  'a|b|7',
  '900719925474099',
  ' 1',
  '01',
);
const whole = fc.constantFrom('0', '1', '2', '-1', '-2', '100', 'x', '');
const score = fc.constantFrom('0', '1', '2', '-1', '1.5', '1893456000123', 'inf', '-inf', '0.1', '1e20', 'x');
const bound = fc.constantFrom('-inf', '+inf', '0', '(1', '1', '2', '(2', '1893456000123', 'x', '');
const long = fc.constantFrom('60000', '120000', '-1', '0', 'x');

const withScores = fc.constantFrom<readonly string[]>([], ['WITHSCORES'], ['withscores'], ['X']);
const limits = fc.constantFrom<readonly string[]>(
  [],
  ['LIMIT', '0', '1'],
  ['LIMIT', '1', '-1'],
  ['LIMIT', '-1', '2'],
  ['LIMIT', '0'],
);

type Argument = fc.Arbitrary<string> | fc.Arbitrary<readonly string[]>;

function command(word: string, ...args: readonly Argument[]): fc.Arbitrary<readonly string[]> {
  return fc
    .tuple(...(args as fc.Arbitrary<string | readonly string[]>[]))
    .map(values => [word, ...values.flat()]);
}

function several(item: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> {
  return fc.array(item, { minLength: 1, maxLength: 3 });
}

function pairs(first: fc.Arbitrary<string>, second: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> {
  return fc.array(fc.tuple(first, second), { minLength: 1, maxLength: 3 }).map(list => list.flat());
}

const setOptions = fc.constantFrom<readonly string[]>(
  [],
  ['PX', '60000'],
  ['EX', '60'],
  ['NX'],
  ['XX'],
  ['NX', 'PX', '60000'],
  ['GET'],
  ['KEEPTTL'],
  ['PX', '0'],
  ['PX', 'x'],
  ['PX'],
  ['PX', '1', 'EX', '1'],
  ['NX', 'XX'],
  ['FOO'],
);
const addFlags = fc.constantFrom<readonly string[]>(
  [],
  ['NX'],
  ['XX'],
  ['CH'],
  ['GT'],
  ['LT', 'CH'],
  ['NX', 'XX'],
  ['GT', 'LT'],
);

/** One raw command, right or wrong. */
export const rawCommand: fc.Arbitrary<readonly string[]> = fc.oneof(
  command('GET', key),
  command('SET', key, text, setOptions),
  command('DEL', several(key)),
  command('EXISTS', several(key)),
  command('INCR', key),
  command('PEXPIRE', key, long),
  command('PERSIST', key),
  command('TYPE', key),
  command('HSET', key, pairs(name, text)),
  command('HSETNX', key, name, text),
  command('HGET', key, name),
  command('HMGET', key, several(name)),
  command('HDEL', key, several(name)),
  command('HINCRBY', key, name, whole),
  command('HEXISTS', key, name),
  command('HLEN', key),
  command('SADD', key, several(name)),
  command('SREM', key, several(name)),
  command('SISMEMBER', key, name),
  command('SCARD', key),
  command('ZADD', key, addFlags, pairs(score, name)),
  command('ZREM', key, several(name)),
  command('ZSCORE', key, name),
  command('ZCARD', key),
  command('ZCOUNT', key, bound, bound),
  command('ZRANGE', key, whole, whole, withScores),
  command('ZREVRANGE', key, whole, whole, withScores),
  command('ZREVRANK', key, name),
  command('ZRANGEBYSCORE', key, bound, bound, withScores, limits),
  command('ZREVRANGEBYSCORE', key, bound, bound, withScores, limits),
  command('ZREMRANGEBYSCORE', key, bound, bound),
  command('ZREMRANGEBYRANK', key, whole, whole),
  command('GET'),
  command('HSET', key, name),
  command('NOSUCH', key),
);
