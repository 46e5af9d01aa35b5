import { formatDuration } from '../core/options/duration.js';

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
] as const;

/** An instant in ISO 8601, in the zone of this process: `2026-11-24T17:12:03+01:00`. */
export function localIso(date: Date): string {
  const aheadMinutes = -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + aheadMinutes * 60_000);
  // The last instants of a Date have no local time.
  if (Number.isNaN(shifted.getTime())) return date.toISOString();
  const local = shifted.toISOString().slice(0, -5);
  const sign = aheadMinutes < 0 ? '-' : '+';
  return `${local}${sign}${twoDigits(Math.abs(aheadMinutes) / 60)}:${twoDigits(Math.abs(aheadMinutes) % 60)}`;
}

/** How far off an instant is: `in 3m`, `2m ago`, `now`. */
export function fromNow(date: Date, nowMs: number): string {
  const ms = date.getTime() - nowMs;
  const [unitMs, unit] = UNITS.find(([size]) => Math.abs(ms) >= size) ?? [];
  if (unitMs === undefined) return 'now';
  const count = `${Math.floor(Math.abs(ms) / unitMs)}${unit}`;
  return ms > 0 ? `in ${count}` : `${count} ago`;
}

/** Both: `2026-11-24T17:12:03+01:00 (in 3m)`. */
export function instant(date: Date, nowMs: number): string {
  return `${localIso(date)} (${fromNow(date, nowMs)})`;
}

/** How long something took: `850ms`, `1.2s`, `3m5s`. */
export function took(ms: number | undefined): string {
  if (ms === undefined) return '';
  if (ms < 1000) return `${Math.round(ms)}ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)}s` : formatDuration(Math.round(ms / 1000) * 1000);
}

function twoDigits(number: number): string {
  return String(Math.floor(number)).padStart(2, '0');
}
