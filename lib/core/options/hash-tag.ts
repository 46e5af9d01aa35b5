/**
 * The part of a Redis key that decides its slot in a cluster: what stands between the first `{` and the next `}`.
 * `undefined` when nothing does: then the whole key decides.
 */
export function hashTag(key: string): string | undefined {
  return /^[^{]*\{([^}]+)\}/.exec(key)?.[1];
}
