import { expect, it } from '@jest/globals';

import { keySlot } from '../../../../../lib/adapters/redis/connection/key-slot.js';

it('answers what CLUSTER KEYSLOT does', () => {
  // Asked of Redis 7.0.
  const slots = {
    '123456789': 12739,
    foo: 12182,
    'scheduler:leader': 10712,
    '{foo}:alive:x': 12182,
    é: 10180,
  };
  for (const [key, slot] of Object.entries(slots)) expect([key, keySlot(key)]).toEqual([key, slot]);
});
