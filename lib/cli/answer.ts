import { inertJson, oneLine } from '../core/errors/sanitize.js';
import type { ExitCode } from './exit-codes.js';
import type { Paint } from './paint.js';

/** The answer of a verb. */
export interface Answer {
  /** Its documented shape. Dates become ISO 8601, what is `undefined` or endless becomes null. */
  readonly json: object;
  readonly text: (page: Page) => string;
  /** @default EXIT.done */
  readonly exitCode?: ExitCode;
}

/** Where words are written. */
export interface Page {
  /** Columns. */
  readonly width: number;
  readonly paint: Paint;
}

/** As JSON: with every field of its shape, absent ones as null; what a terminal would obey is escaped. */
export function toJson(value: object, indent?: number): string {
  return inertJson(
    JSON.stringify(value, (_key, field: unknown) => (field === undefined ? null : field), indent),
  );
}

const MAX_CELL = 500;

/** A text from outside, on one line and without control sequences. */
export function plain(text: string): string {
  return oneLine(text, MAX_CELL);
}
