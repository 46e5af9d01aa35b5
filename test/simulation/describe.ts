import * as scripts from '../../lib/adapters/redis/redis-scripts.js';
import type { ScheduleEvent } from '../../lib/core/events.js';
import { RedisError, Status, type Reply } from './redis-double/reply.js';

/** An event of an engine, on one line. */
export function describe({ type, ...facts }: ScheduleEvent): string {
  const shown = Object.entries(facts).map(([name, value]: [string, unknown]) => {
    if (value instanceof Date) return `${name}=${value.getTime()}`;
    if (value instanceof Error) return `${name}=${value.message.slice(0, 60)}`;
    return `${name}=${JSON.stringify(value)}`;
  });
  return `${type} ${shown.join(' ')}`;
}

/** A command: a script by its name, without its keys. */
export function describeCommand([name = '', text = '', keys = '0', ...rest]: readonly string[]): string {
  if (name !== 'EVALSHA' && name !== 'EVAL') return [name, text, keys, ...rest].join(' ');
  const script = Object.entries(scripts).find(
    ([, value]) => typeof value === 'object' && (value.sha1 === text || value.lua === text),
  );
  const args = rest.slice(Number(keys)).map(arg => arg.slice(0, 40));
  return `${script?.[0] ?? name}${name === 'EVAL' ? ' (text)' : ''} ${args.join(' ')}`;
}

/** A reply, shortened. */
export function describeReply(reply: Reply): string {
  if (reply instanceof RedisError) return `ERROR ${reply.message.slice(0, 80)}`;
  if (reply instanceof Status) return reply.text;
  return JSON.stringify(reply).slice(0, 300);
}
