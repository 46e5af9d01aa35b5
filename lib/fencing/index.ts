/* nestjs-leader-schedule/fencing: writes to Redis that a term which is over cannot make. */

export { FencedRedis } from './fenced-redis.js';
export type { FencedRedisOptions, FencingClient, FencingToken } from './fenced-redis.js';
export type { FencedArgument, FencedCommand } from './fenced-command.js';
export { InvalidOptionsError, StaleTermError } from '../core/errors/errors.js';
