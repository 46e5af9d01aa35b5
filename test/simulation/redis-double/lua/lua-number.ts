/** `%.<precision>g` of C. */
export function formatG(value: number, precision: number): string {
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? (isNegative(value) ? '-nan' : 'nan') : infinity(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const exponent = Number(/e(.+)$/.exec(value.toExponential(precision - 1))?.[1]);
  if (exponent < -4 || exponent >= precision) {
    const [digits = '', power = ''] = value.toExponential(precision - 1).split('e');
    return `${withoutTrailingZeros(digits)}e${cExponent(power)}`;
  }
  return withoutTrailingZeros(value.toFixed(Math.min(100, precision - 1 - exponent)));
}

/** `%.<precision>e` of C. */
export function formatE(value: number, precision: number): string {
  const [digits = '', power = ''] = value.toExponential(precision).split('e');
  return `${digits}e${cExponent(power)}`;
}

/** `%.<precision>f` of C: all digits, where JavaScript turns to exponents. */
export function formatF(value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '-nan' : infinity(value);
  if (Math.abs(value) < 1e21) return toEven(value, precision);
  const digits = BigInt(value).toString();
  return precision > 0 ? `${digits}.${'0'.repeat(precision)}` : digits;
}

/** C rounds an exact half to even, JavaScript's toFixed away from zero. */
function toEven(value: number, precision: number): string {
  if (precision === 0 && Math.abs(value % 1) === 0.5) {
    const even = 2 * Math.round(value / 2);
    return even === 0 && isNegative(value) ? '-0' : String(even);
  }
  const text = value.toFixed(precision);
  return isNegative(value) && !text.startsWith('-') ? `-${text}` : text;
}

/** A number as Lua writes it: `%.14g`. */
export function numberToText(value: number): string {
  if (Number.isInteger(value) && value < 1e14 && value > -1e14 && !Object.is(value, -0)) return String(value);
  return formatG(value, 14);
}

/** A number as Redis passes it from a script to a command: `%.17g`. */
export function numberToArgument(value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  return formatG(value, 17);
}

const DECIMAL = /^[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[ \t\n\v\f\r]*$/;
const HEXADECIMAL = /^[ \t\n\v\f\r]*([+-]?)0[xX]([\da-fA-F]+)[ \t\n\v\f\r]*$/;
const SPECIAL = /^[ \t\n\v\f\r]*([+-]?)(inf|infinity|nan)[ \t\n\v\f\r]*$/i;

/** The number that a text says, as C's strtod reads it; `undefined` when it says none. */
export function textToNumber(text: string): number | undefined {
  const decimal = DECIMAL.exec(text);
  if (decimal !== null) return Number(decimal[1]);
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) return Number(`0x${hexadecimal[2]}`) * (hexadecimal[1] === '-' ? -1 : 1);
  const special = SPECIAL.exec(text);
  if (special === null) return undefined;
  return special[2]?.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}

function infinity(value: number): string {
  return value > 0 ? 'inf' : '-inf';
}

function withoutTrailingZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

function cExponent(power: string): string {
  return `${power.slice(0, 1)}${power.slice(1).padStart(2, '0')}`;
}
