/** A status reply, `+OK`. */
export class Status {
  static readonly ok = new Status('OK');

  constructor(readonly text: string) {}
}

/** An error reply, as a value and as what commands throw. */
export class RedisError extends Error {}

/** The answer of a command, in the shapes of RESP2. */
export type Reply = string | number | null | Status | RedisError | readonly Reply[];

/** The error of a command that met a key of another type. */
export function wrongType(): RedisError {
  return new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value');
}

/** Makes the usual errors of arguments. */
export const argumentError = {
  notInteger: () => new RedisError('ERR value is not an integer or out of range'),
  notFloat: () => new RedisError('ERR value is not a valid float'),
  minMaxNotFloat: () => new RedisError('ERR min or max is not a float'),
  syntax: () => new RedisError('ERR syntax error'),
  count: (name: string) =>
    new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`),
};

/** Reads an integer as Redis does: no spaces, no leading zeros, no fraction. */
export function integer(text: string): number {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) throw argumentError.notInteger();
  return Number(text);
}

/** Reads a floating-point number as Redis does. */
export function float(text: string, error = argumentError.notFloat): number {
  const special = /^([+-]?)inf(inity)?$/i.exec(text);
  if (special !== null) return special[1] === '-' ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw error();
  return Number(text);
}
