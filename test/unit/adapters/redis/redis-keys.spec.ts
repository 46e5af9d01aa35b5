import { describe, expect, it } from '@jest/globals';

import { redisKeys } from '../../../../lib/adapters/redis/redis-keys.js';

describe('the keys', () => {
  it('use the lease key as their hash tag', () =>
    expect(redisKeys('scheduler:a:leader').term).toBe('{scheduler:a:leader}:term'));

  it('keep the hash tag that a key of the user has, and are no other key’s', () => {
    expect(redisKeys('x:{tag}:y').fence).toBe('x:{tag}:y:fence');
    expect(redisKeys('z:{tag}:y').fence).not.toBe(redisKeys('x:{tag}:y').fence);
  });
});
