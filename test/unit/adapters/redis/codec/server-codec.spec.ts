import { expect, it } from '@jest/globals';

import { parseServer } from '../../../../../lib/adapters/redis/codec/server-codec.js';

it.each([
  ['# Server\r\nredis_version:7.0.15\r\nredis_git_sha1:0\r\n', 'Redis 7.0.15'],
  ['redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n', 'Valkey 8.1.1'],
  ['redis_version:7.2.4\r\nredict_version:7.3.2\r\n', 'Redict 7.3.2'],
  ['redis_version:7.0.15 \u001b[31mforged\r\n', 'Redis 7.0.15'],
  [`x:${'1'.repeat(30_000)}\r\nredis_version:7.0.15\r\n`, undefined],
  ['', undefined],
])('reads the server from INFO: %#', (info, server) => expect(parseServer(info)).toBe(server));
