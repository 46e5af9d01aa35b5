import * as fc from 'fast-check';
import type { RedisKeys } from '../../../lib/adapters/redis/redis-keys.js';

/** Fields of any of our hashes. */
const field = fc.constantFrom(
  'hwm',
  'token',
  'pausedUntil',
  'pausedFrom',
  'order',
  'orders',
  'resign',
  'lastManual',
  'h1',
  'pod-a',
  'lock',
  'queued',
  'expiresAt',
  'resigned',
  'schedule',
  'presence',
  'missingSince',
  'holder',
  'renewedAt',
  'maxAge',
  '#changes',
  '#handOvers',
  '#prober1',
  '#prober2',
);

const value = fc.constantFrom(
  '',
  '0',
  '1',
  'word',
  'pod-a',
  'someone|5',
  '1893456000000',
  'claimed|r1|1|1|1|',
  'claimed|r1|5|1|5||{}',
  'queued|r2|5|1|5||{}',
  '5|5|1-a|up|0',
  '5|5|1-a|up|0|3000|10000',
  '5|5|1-a|resting|0|3000|86400001',
);

const member = fc.constantFrom('1893456000000|one', '0|two', 'word', 'one', '');

/** Changes that a user may have made to our keys, or losses: any type anywhere, odd fields, gaps. */
export function tampering(keys: RedisKeys): fc.Arbitrary<readonly string[]> {
  const key = fc.constantFrom(
    keys.lease,
    keys.term,
    keys.fence,
    keys.unfinished,
    keys.jobs,
    keys.control,
    keys.requests,
    keys.specs,
    keys.pods,
    keys.candidates,
    keys.jobSet('1-a', 0),
    keys.removed,
    ...['one', 'two'].flatMap(job => [keys.job(job), keys.runs(job), keys.index(job)]),
  );
  return fc.oneof(
    key.map(name => ['DEL', name]),
    fc.tuple(key, value).map(([name, text]) => ['SET', name, text]),
    fc.tuple(key, field, value).map(([name, hashField, text]) => ['HSET', name, hashField, text]),
    fc.tuple(key, field).map(([name, hashField]) => ['HDEL', name, hashField]),
    fc
      .tuple(key, fc.constantFrom('-1', '0', '5'), member)
      .map(([name, score, item]) => ['ZADD', name, score, item]),
    fc.tuple(key, member).map(([name, item]) => ['SADD', name, item]),
  );
}

export interface OddCall {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

export function isCommand(step: readonly string[] | OddCall): step is readonly string[] {
  return Array.isArray(step);
}

/** Any keys and arguments for any script: most of it is refused, and must be refused alike. */
export function anyArguments(keys: RedisKeys): fc.Arbitrary<OddCall> {
  const key = fc.constantFrom(
    keys.lease,
    keys.term,
    keys.fence,
    keys.unfinished,
    keys.jobs,
    keys.control,
    keys.requests,
    keys.specs,
    keys.pods,
    keys.job('one'),
    keys.runs('one'),
    keys.index('one'),
  );
  const arg = fc.constantFrom(
    'pod-a',
    // No ttl so short that it could end between the two servers.
    '100000',
    '0',
    '-1',
    '5000',
    'one',
    'run',
    'skip',
    'allow',
    'queue',
    'abandon',
    'recover',
    '',
    '{}',
    '1893456000000',
  );
  return fc.record({ keys: fc.array(key, { maxLength: 7 }), args: fc.array(arg, { maxLength: 14 }) });
}
