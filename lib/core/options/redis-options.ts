/*
 * Checks an address or options of Redis for values with which the election would not work: options that are ours,
 * databases that cannot exist, clients of other libraries.
 */

/** Options of ioredis that the connections of an election set; in the query of a URL they would override ours. */
export const OWN_REDIS_OPTIONS: readonly string[] = [
  'lazyConnect',
  'connectionName',
  'keyPrefix',
  'replyMapping',
  'stringNumbers',
  'enableOfflineQueue',
  'enableAutoPipelining',
  'enableReadyCheck',
  'autoResendUnfulfilledCommands',
  'autoResubscribe',
  'maxRetriesPerRequest',
  'connectTimeout',
  'commandTimeout',
  'sentinelCommandTimeout',
  'disconnectTimeout',
  'socketTimeout',
  'keepAlive',
  'retryStrategy',
  'reconnectOnError',
  'readOnly',
  'monitor',
  'role',
];

/** Why the query or the database of a URL is invalid; `undefined`: they are valid. */
export function urlOptionsProblem({ pathname, searchParams }: URL): string | undefined {
  const own = OWN_REDIS_OPTIONS.filter(name => searchParams.has(name));
  if (own.length > 0) return ownProblem(own, 'the URL');
  const databases = [pathname.slice(1), ...searchParams.getAll('db')].filter(text => text !== '');
  return databases.every(isDatabase) ? undefined : DATABASE_PROBLEM;
}

/** Why options of a server or of a node of a Cluster are invalid; `undefined`: they are valid. */
export function serverOptionsProblem(server: object): string | undefined {
  const { db } = server as { readonly db?: unknown };
  return db === undefined || db === null || isDatabase(db) ? undefined : DATABASE_PROBLEM;
}

/** Of a node of a Cluster, whose options are stronger than those of all nodes. */
export function nodeOptionsProblem(node: object): string | undefined {
  const own = OWN_REDIS_OPTIONS.filter(name => name in node);
  return own.length > 0 ? ownProblem(own, 'the node') : undefined;
}

/** Of the options of a Cluster: it has one database. */
export function clusterOptionsProblem(options: unknown): string | undefined {
  const { redisOptions } = (options ?? {}) as { readonly redisOptions?: { readonly db?: unknown } };
  return [undefined, null, 0, '0'].includes(redisOptions?.db as undefined)
    ? undefined
    : 'Leave db out: a Redis Cluster has database 0 alone';
}

/** The remedy where a client is given. */
export const CLIENT_NEEDED =
  'Give a client of ioredis 5 or 6, or of iovalkey, or instead of a client its address: a URL, ioredis options, or ' +
  '{ nodes, options } for a cluster';

/** Methods that clients have and no options. */
const METHODS = [
  'sendCommand',
  'call',
  'get',
  'set',
  'eval',
  'connect',
  'quit',
  'close',
  'duplicate',
  'customCommand',
];

/** Why an object is invalid as options; `undefined`: it is plain options, or a client of ioredis. */
export function clientProblem(value: object): string | undefined {
  const has = (name: string): boolean => typeof Reflect.get(value, name) === 'function';
  if (has('then')) return `Await what is a promise here. ${CLIENT_NEEDED}`;
  return METHODS.some(has) && !isIoredisLike(value) ? CLIENT_NEEDED : undefined;
}

/** By shape, not by class: a client may come from another copy of ioredis, or of its fork iovalkey. */
export function isIoredisLike(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const has = (name: string): boolean => typeof Reflect.get(value, name) === 'function';
  return (
    typeof Reflect.get(value, 'status') === 'string' &&
    ['duplicate', 'disconnect', 'connect', 'evalsha', 'on'].every(has)
  );
}

const DATABASE_PROBLEM =
  'Give as database a whole number from 0, such as redis://localhost:6379/2 or { db: 2 }';

function isDatabase(value: unknown): boolean {
  return typeof value === 'number'
    ? Number.isSafeInteger(value) && value >= 0
    : /^\d{1,9}$/.test(String(value));
}

function ownProblem(names: readonly string[], place: string): string {
  const hint = names.includes('keyPrefix') ? '; for keys of your own set leader.key' : '';
  return `Leave ${names.join(', ')} out of ${place}: the scheduler sets ${names.length === 1 ? 'it' : 'them'} itself${hint}`;
}
