/**
 * Go's duration grammar without its sub-millisecond units: each unit at most once, the largest first. The groups are the
 * amounts, in the order of `UNITS_MS`.
 */
const GRAMMAR =
  /^(?=\d)(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;
const DAY_MS = 24 * 3_600_000;
const WEEK_MS = 7 * DAY_MS;
const UNITS_MS = [3_600_000, 60_000, 1000, 1] as const;

/**
 * A duration as users write it: a text with units (`'3s'`, `'1m30s'`, `'500ms'`, `'1h'`) or, in TypeScript only,
 * a number of milliseconds.
 */
export type Duration = string | number;

const MAX_LENGTH = 100;

/** Milliseconds of a text such as `1m30s`; `undefined` when it is no duration (a bare number is none). */
export function parseDuration(text: string): number | undefined {
  const parts = text.length <= MAX_LENGTH ? GRAMMAR.exec(text) : null;
  if (parts === null) return undefined;
  return UNITS_MS.reduce((sum, unitMs, at) => sum + Number(parts[at + 1] ?? 0) * unitMs, 0);
}

const WITH_DAYS = /^(\d{1,6}(?:\.\d{1,3})?)(d|w)((?:\d[\d.]*(?:h|m|s|ms))*)$/i;

/** How to write a duration that has days or weeks, which are no units here: `168h` for `7d`. `undefined`: it has none. */
export function withoutDays(text: string): string | undefined {
  const parts = text.length <= MAX_LENGTH ? WITH_DAYS.exec(text.trim()) : null;
  const [, amount, unit, rest = ''] = parts ?? [];
  if (amount === undefined) return undefined;
  const restMs = rest === '' ? 0 : parseDuration(rest.toLowerCase());
  const unitMs = unit?.toLowerCase() === 'w' ? WEEK_MS : DAY_MS;
  return restMs === undefined ? undefined : formatDuration(Math.round(Number(amount) * unitMs) + restMs);
}

/** The shortest text for a duration: `90000` becomes `1m30s`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever';
  const parts = [
    [Math.floor(ms / 3_600_000), 'h'],
    [Math.floor(ms / 60_000) % 60, 'm'],
    [Math.floor(ms / 1000) % 60, 's'],
    [Math.round(ms % 1000), 'ms'],
  ] as const;
  const text = parts.map(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : '')).join('');
  return text === '' ? '0s' : text;
}
