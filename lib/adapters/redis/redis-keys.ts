/** The keys and channels of one scheduler. */
export interface RedisKeys {
  /** The lease itself: `<candidateId>|<token>`, with a TTL. */
  readonly lease: string;
  /** Hash: the last term. */
  readonly term: string;
  /** The last fencing token. */
  readonly fence: string;
  /** Channel on which resignations are published. */
  readonly events: string;
}

/**
 * Names the siblings of a lease key. They use the key as their hash tag, or the tag that it has, so that in a
 * Redis Cluster all of them share one slot.
 */
export function redisKeys(lease: string): RedisKeys {
  const prefix = `{${hashTag(lease) ?? lease}}`;
  return { lease, term: `${prefix}:term`, fence: `${prefix}:fence`, events: `${prefix}:events` };
}

/** The part of a key that decides its slot: what stands between the first `{` and the next `}`, if anything. */
function hashTag(key: string): string | undefined {
  return /^[^{]*\{([^}]+)\}/.exec(key)?.[1];
}
