/** The server that answered `INFO server`, such as `Redis 7.0.15`; `undefined`: it does not say. */
export function parseServer(info: string): string | undefined {
  for (const [field, name] of VERSIONS) {
    const [, version] = new RegExp(`^${field}:([\\w.-]{1,40})`, 'm').exec(info.slice(0, MAX_INFO)) ?? [];
    if (version !== undefined) return `${name} ${version}`;
  }
  return undefined;
}

const MAX_INFO = 20_000;

/** Servers that descend from Redis also give the version of Redis with which they are compatible. */
const VERSIONS = [
  ['valkey_version', 'Valkey'],
  ['redict_version', 'Redict'],
  ['dragonfly_version', 'Dragonfly'],
  ['redis_version', 'Redis'],
] as const;
