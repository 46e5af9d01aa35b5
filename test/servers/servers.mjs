/**
 * A server that Debian packages.
 *
 * @typedef {object} Server
 * @property {string} name
 * @property {string} release of Debian
 * @property {string} pocket of the archive: the release itself, or its backports
 * @property {string} program also the name of its package
 */

/** @type {readonly Server[]} */
export const SERVERS = [
  { name: 'Redis 7.0', release: 'bookworm', pocket: 'bookworm', program: 'redis-server' },
  { name: 'Redict 7.3', release: 'bookworm', pocket: 'bookworm-backports', program: 'redict-server' },
  { name: 'Valkey 8.0', release: 'bookworm', pocket: 'bookworm-backports', program: 'valkey-server' },
  { name: 'Redis 8.0', release: 'trixie', pocket: 'trixie', program: 'redis-server' },
  { name: 'Valkey 8.1', release: 'trixie', pocket: 'trixie', program: 'valkey-server' },
];

/**
 * The columns of the table. A server has to pass the specs below these paths. All start a server of their own.
 *
 * @type {readonly { name: string, paths: readonly string[] }[]}
 */
export const GROUPS = [
  { name: 'contract', paths: ['test/contract/'] },
  {
    name: 'jobs and control',
    paths: [
      'test/integration/control/',
      'test/integration/redis-faults/',
      'test/integration/removed-jobs.spec.ts',
    ],
  },
  { name: 'fast takeover', paths: ['test/integration/fast-takeover/'] },
  {
    name: 'Sentinel, Cluster',
    paths: ['test/integration/redis-topologies.spec.ts', 'test/integration/moving-slot.spec.ts'],
  },
  { name: 'faults of connections', paths: ['test/integration/connection-faults.spec.ts'] },
  { name: 'fencing', paths: ['test/integration/fencing.spec.ts'] },
  { name: 'ACL', paths: ['test/integration/redis-acl.spec.ts'] },
];
