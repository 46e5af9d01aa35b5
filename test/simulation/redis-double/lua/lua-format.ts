import { formatE, formatF, formatG, textToNumber } from './lua-number.js';
import { failure, toText, typeName } from './lua-values.js';

const DIRECTIVE = /%([-+ #0]*)(\d*)(?:\.(\d*))?([a-zA-Z%])/g;

/** `string.format`. */
export function format(template: unknown, ...values: unknown[]): string {
  if (template === '%.0f' && typeof values[0] === 'number') return formatF(values[0], 0);
  let used = 0;
  return toText(template).replace(
    DIRECTIVE,
    (_, flags: string, width: string, precision: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      if (used >= values.length) throw badArgument(used + 2, 'got no value');
      const text = convert(letter, values[used], precision, used + 2);
      used += 1;
      return pad(withSign(text, flags, letter), flags, Number(width));
    },
  );
}

function convert(letter: string, value: unknown, precision: string | undefined, position: number): string {
  const digits = precision === undefined ? undefined : Number(precision);
  if (letter === 's') return toText(value).slice(0, digits);
  if (letter === 'q') return `"${toText(value).replace(/["\\\n]/g, '\\$&')}"`;
  const number = numberOf(value, position);
  switch (letter) {
    case 'd':
    case 'i':
    case 'u':
      return integer(Math.trunc(number).toString(), digits);
    case 'x':
      return integer(Math.trunc(number).toString(16), digits);
    case 'X':
      return integer(Math.trunc(number).toString(16).toUpperCase(), digits);
    case 'o':
      return integer(Math.trunc(number).toString(8), digits);
    case 'c':
      return String.fromCharCode(number);
    case 'f':
      return formatF(number, digits ?? 6);
    case 'e':
      return formatE(number, digits ?? 6);
    case 'g':
      return formatG(number, Math.max(1, digits ?? 6));
    default:
      throw failure(`invalid option '%${letter}' to 'format'`);
  }
}

function numberOf(value: unknown, position: number): number {
  const number = typeof value === 'string' ? textToNumber(value) : value;
  if (typeof number !== 'number') throw badArgument(position, `number expected, got ${typeName(value)}`);
  return number;
}

function badArgument(position: number, reason: string) {
  return failure(`bad argument #${position} to 'format' (${reason})`);
}

function integer(text: string, digits = 1): string {
  const sign = text.startsWith('-') ? '-' : '';
  return sign + text.slice(sign.length).padStart(digits, '0');
}

function withSign(text: string, flags: string, letter: string): string {
  if (text.startsWith('-') || !/[dieEfgG]/.test(letter)) return text;
  if (flags.includes('+')) return `+${text}`;
  return flags.includes(' ') ? ` ${text}` : text;
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
