/*
 * The semantics of Lua's operators. The compiled scripts call these wherever the fast path of JavaScript does
 * not apply: numbers and strings convert into each other in arithmetic and concatenation, never in comparisons.
 */
import { LuaError } from './lua-error.js';
import { numberToText, textToNumber } from './lua-number.js';
import { LuaTable } from './lua-table.js';

export type LuaFunction = (...args: unknown[]) => unknown;

export function typeName(value: unknown): string {
  if (value === undefined) return 'nil';
  if (value instanceof LuaTable) return 'table';
  return typeof value;
}

/** Everything but nil and false is true. */
export function isTrue(value: unknown): boolean {
  return value !== undefined && value !== false;
}

/** The first of the values a call returned; several travel as a JavaScript array. */
export function first(result: unknown): unknown {
  return Array.isArray(result) ? (result[0] as unknown) : result;
}

/** All the values a call returned. */
export function all(result: unknown): unknown[] {
  return Array.isArray(result) ? (result as unknown[]) : [result];
}

export function add(a: unknown, b: unknown): number {
  return typeof a === 'number' && typeof b === 'number' ? a + b : operand(a) + operand(b);
}

export function subtract(a: unknown, b: unknown): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : operand(a) - operand(b);
}

export function multiply(a: unknown, b: unknown): number {
  return typeof a === 'number' && typeof b === 'number' ? a * b : operand(a) * operand(b);
}

export function divide(a: unknown, b: unknown): number {
  return operand(a) / operand(b);
}

/** Lua's remainder has the sign of the divisor. */
export function modulo(a: unknown, b: unknown): number {
  const dividend = operand(a);
  const divisor = operand(b);
  return dividend - Math.floor(dividend / divisor) * divisor;
}

export function power(a: unknown, b: unknown): number {
  return operand(a) ** operand(b);
}

export function negate(a: unknown): number {
  return -operand(a);
}

function operand(value: unknown): number {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' ? textToNumber(value) : undefined;
  if (number === undefined) throw failure(`attempt to perform arithmetic on a ${typeName(value)} value`);
  return number;
}

export function concatenate(a: unknown, b: unknown): string {
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  return piece(a) + piece(b);
}

function piece(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberToText(value);
  throw failure(`attempt to concatenate a ${typeName(value)} value`);
}

export function lessThan(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  throw incomparable(a, b);
}

export function lessOrEqual(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a <= b;
  if (typeof a === 'string' && typeof b === 'string') return a <= b;
  throw incomparable(a, b);
}

export function greaterThan(a: unknown, b: unknown): boolean {
  return lessThan(b, a);
}

export function greaterOrEqual(a: unknown, b: unknown): boolean {
  return lessOrEqual(b, a);
}

function incomparable(a: unknown, b: unknown): LuaError {
  const [left, right] = [typeName(a), typeName(b)];
  return failure(
    left === right ? `attempt to compare two ${left} values` : `attempt to compare ${left} with ${right}`,
  );
}

export function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof LuaTable) return value.length;
  throw failure(`attempt to get length of a ${typeName(value)} value`);
}

export function indexOf(holder: unknown, key: unknown): unknown {
  if (holder instanceof LuaTable) return holder.get(key);
  throw failure(`attempt to index a ${typeName(holder)} value`);
}

export function assign(holder: unknown, key: unknown, value: unknown): void {
  if (!(holder instanceof LuaTable)) throw failure(`attempt to index a ${typeName(holder)} value`);
  if (key === undefined) throw failure('table index is nil');
  holder.set(key, value);
}

export function callable(value: unknown): LuaFunction {
  if (typeof value !== 'function') throw failure(`attempt to call a ${typeName(value)} value`);
  return value as LuaFunction;
}

export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberToText(value);
  if (value === undefined) return 'nil';
  return typeof value === 'boolean' ? String(value) : `${typeName(value)}: 0x0`;
}

/** An error that Lua itself raises; real ones begin with the line in the script. */
export function failure(text: string): LuaError {
  return new LuaError(`user_script: ${text}`);
}
