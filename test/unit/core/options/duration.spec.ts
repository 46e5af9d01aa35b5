import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { formatDuration, parseDuration, withoutDays } from '../../../../lib/core/options/duration.js';
import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';

/** Milliseconds of each unit, in the order in which units may follow each other. */
const UNITS = new Map([
  ['h', HOUR],
  ['m', MINUTE],
  ['s', 1000],
  ['ms', 1],
]);
const MAX_LENGTH = 100;

/** The grammar, stated part by part: digits with at most one fraction, then a unit that is smaller than the one before. */
function expectedMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(?<amount>[0-9.]+)(?<unit>[a-z]+)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text || text.length > MAX_LENGTH)
    return undefined;
  const units = parts.map(({ groups }) => [...UNITS.keys()].indexOf(groups?.['unit'] ?? ''));
  const isOrdered = units.every((unit, at) => unit > (units[at - 1] ?? -1));
  const amounts = parts.map(({ groups }) => groups?.['amount'] ?? '');
  const areNumbers = amounts.every(amount => amount.split('.').every(digits => digits !== ''));
  const isPoint = amounts.every(amount => amount.split('.').length <= 2);
  if (!isOrdered || !areNumbers || !isPoint) return undefined;
  const sizes = [...UNITS.values()];
  return amounts.reduce((sum, amount, at) => sum + Number(amount) * (sizes[units[at] ?? 0] ?? 0), 0);
}

const amount = fc.stringMatching(/^\d{1,20}(\.\d{1,20})?$/);
const part = fc.tuple(amount, fc.constantFrom(...UNITS.keys())).map(([digits, unit]) => digits + unit);
const ordered = fc
  .tuple(
    ...[...UNITS.keys()].map(unit =>
      fc.option(
        amount.map(digits => digits + unit),
        { nil: '' },
      ),
    ),
  )
  .map(parts => parts.join(''));
const nearly = fc
  .array(fc.oneof(part, fc.constantFrom(' ', '-', '+', '.', '_', ',', 'e', '1e3', 'd', 'H', 'µs', '\n', '٣')))
  .map(parts => parts.join(''));
const letters = fc.stringMatching(/^[0-9.hms ]{0,120}$/);

describe('a duration in days', () => {
  it.each([
    ['7d', '168h'],
    ['1d12h', '36h'],
    ['1.5d', '36h'],
    ['2w', '336h'],
    ['1D', '24h'],
  ])('is written in hours: %s', (text, hours) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(withoutDays(text)).toBe(hours);
  });

  it.each(['7', '7h', 'd', '1d2', '1d2x', '1d 2h', 'day'])('is not %s', text =>
    expect(withoutDays(text)).toBeUndefined(),
  );
});

describe('a duration', () => {
  it.each([
    ['3s', 3000],
    ['1m30s', 90 * SECOND],
    ['500ms', 500],
    ['1h', HOUR],
    ['1.5s', 1500],
    ['0s', 0],
    ['1h2m3s4ms', 3_723_004],
    ['0.1s0.2ms', 100.2],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['3s foo', '3', '', 's', '-1s', '30s1m', '1 s', '1d', 'Infinity', '1s1s', '1.s', '.5s', '1e3s'])(
    '%j is none',
    text => expect(parseDuration(text)).toBeUndefined(),
  );

  it('is no text of more than 100 characters', () => {
    expect(parseDuration(`${'0'.repeat(99)}s`)).toBe(0);
    expect(parseDuration(`${'0'.repeat(100)}s`)).toBeUndefined();
  });

  it('follows the grammar, whatever the text, and has the ms that its parts add up to', () => {
    fc.assert(
      fc.property(fc.oneof(ordered, nearly, letters, fc.string()), text =>
        Object.is(parseDuration(text), expectedMs(text)),
      ),
      { numRuns: 5000 },
    );
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 9 }), ms => parseDuration(formatDuration(ms)) === ms),
    );
  });
});
