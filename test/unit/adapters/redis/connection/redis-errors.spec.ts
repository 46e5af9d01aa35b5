import { expect, it } from '@jest/globals';

import { unavailable } from '../../../../../lib/adapters/redis/connection/redis-errors.js';

it.each([
  ['Connection is closed.', 'Redis is not available: Connection is closed. Jobs stand by'],
  ['connect ECONNREFUSED', 'Redis is not available: connect ECONNREFUSED. Jobs stand by'],
])('a reason is followed by one full stop: %s', (reason, message) => {
  expect(unavailable(new Error(reason)).message).toContain(message);
});

it.each([
  ['select', [99], 'SELECT 99 was refused: ERR no'],
  ['SELECT', ['99'], 'SELECT 99 was refused: ERR no'],
  ['select', ['s3cret'], 'SELECT was refused: ERR no'],
  ['auth', ['s3cret'], 'AUTH was refused: ERR no'],
  ['hello', [3, 'AUTH', 'default', 's3cret'], 'HELLO was refused: ERR no'],
  ['get', ['s3cret'], 'Redis is not available: ERR no'],
])('a refused %s %j is named, and no argument of it but a database', (name, args, text) => {
  const refused = Object.assign(new Error('ERR no'), { name: 'ReplyError', command: { name, args } });
  const { message } = unavailable(refused);
  expect(message).toContain(text);
  expect(message).not.toContain('s3cret');
});
