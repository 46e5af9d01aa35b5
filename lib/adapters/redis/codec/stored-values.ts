/*
 * How values that are stored are read outside of scripts: scripts/shared/stored-values.lua says the same in Lua.
 */

/** The last that a Date can be. */
const LAST_INSTANT = 8.64e15;

/** A whole number as our scripts write it; `undefined` for anything else, such as `nan`, `1e300` or a number too large. */
export function storedNumber(text: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return number <= most ? number : undefined;
}

/** An instant, Unix ms. */
export function storedInstant(text: string): number | undefined {
  return storedNumber(text, LAST_INSTANT);
}
