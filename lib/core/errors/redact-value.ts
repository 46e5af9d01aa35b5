import { HIDDEN, isSecretName, redact } from './redact.js';
import { oneLine } from './sanitize.js';

/** Limits of the copy of a value: it is only printed. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_NODES = 1000;
const MAX_LENGTH = 2000;

/** A number or a flag of such a name is no secret: `token: 7`, `authenticated: true`. */
type Plain = number | boolean | bigint | null | undefined;

/**
 * A copy of a value with the secrets in it hidden, bounded, safe to be printed by anything. Plain objects and arrays stay
 * what they are, dates too; an instance of a class, which may hold whatever, becomes a text that says so.
 */
export function redactedValue(value: unknown, name = ''): unknown {
  return copy(value, { name, parent: '', depth: MAX_DEPTH }, { nodes: MAX_NODES });
}

/** Describes an object of a class: `an instance of Redis`. */
export function instanceOf(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return `an instance of ${typeof constructor === 'function' ? oneLine(constructor.name, 100) : 'a class'}`;
}

/** Where a value stands. */
interface Path {
  readonly name: string;
  readonly parent: string;
  /** How many more levels are copied. */
  readonly depth: number;
}

interface Budget {
  nodes: number;
}

function copy(value: unknown, path: Path, budget: Budget): unknown {
  budget.nodes -= 1;
  if (isSecretName(path.name, path.parent) && !isPlain(value, path.name)) return HIDDEN;
  if (typeof value === 'string') return textOf(value);
  if (typeof value === 'function') return `function ${oneLine(String(value.name), 100) || '(anonymous)'}`;
  if (typeof value !== 'object' || value === null) return value;
  if (path.depth <= 0 || budget.nodes <= 0) return '…';
  try {
    return copyObject(value, path, budget);
  } catch {
    return 'an object that cannot be printed';
  }
}

function isPlain(value: unknown, name: string): value is Plain {
  if (value === undefined || value === null || typeof value === 'boolean') return true;
  // A password may be a number.
  return typeof value === 'number' && /token|auth/i.test(name);
}

/** Not sanitized: the functions that print values escape controls in a text. */
function textOf(value: string): string {
  const safe = redact(value.slice(0, 2 * MAX_LENGTH));
  return safe.length > MAX_LENGTH ? `${safe.slice(0, MAX_LENGTH)}…` : safe;
}

function copyObject(value: object, path: Path, budget: Budget): unknown {
  if (value instanceof Date) return new Date(value);
  const below = (entry: unknown, name: string): unknown =>
    copy(entry, { name, parent: path.name, depth: path.depth - 1 }, budget);
  if (Array.isArray(value)) {
    const entries = value.slice(0, MAX_ENTRIES).map(entry => below(entry, ''));
    return value.length > MAX_ENTRIES ? [...entries, '…'] : entries;
  }
  const kind: unknown = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null) return instanceOf(value);
  const names = Object.keys(value).slice(0, MAX_ENTRIES);
  const entries = names.map(name => [name, below((value as Record<string, unknown>)[name], name)]);
  return Object.fromEntries(entries);
}
