const MAX_LENGTH = 200;
/** So much of a text is looked at: credentials may begin before its end is cut off, and end after it. */
const MAX_READ = 10 * MAX_LENGTH;

/** A value as it may stand in an error message: one line, bounded, credentials of URLs hidden. */
export function inspect(value: unknown): string {
  const text = withoutCredentials(describe(value).slice(0, MAX_READ)).replace(/\s+/g, ' ');
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/**
 * A text with the credentials of the URLs in it hidden: `redis://:secret@host` becomes `redis://***@host`. With the
 * bounds the time it takes grows as the text does, not as its square: errors may bring any text.
 */
export function withoutCredentials(text: string): string {
  return text.replace(/(\w{1,32}:\/\/)[^\s'"]{0,2000}@/g, '$1***@');
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const kind: unknown = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null && !Array.isArray(value)) return instanceOf(value);
  return asJson(value);
}

function instanceOf(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return `an instance of ${typeof constructor === 'function' ? constructor.name : 'a class'}`;
}

function asJson(value: object): string {
  try {
    return JSON.stringify(value, (key, entry: unknown) => (/pass|secret|auth/i.test(key) ? '***' : entry));
  } catch {
    return 'an object that cannot be printed';
  }
}
