import { describe, expect, it } from '@jest/globals';

import { readBefore, readDuration, readLimit, readOutcomes } from '../../../lib/cli/verb-options.js';

describe('the options of single verbs', () => {
  it('reads valid ones', () => {
    expect(readLimit('10000')).toBe(10_000);
    expect(readBefore('2h')).toEqual({ agoMs: 7_200_000 });
    expect(readBefore('2026-11-24')).toEqual({ at: new Date('2026-11-24') });
    expect(readOutcomes('failed, skipped')).toEqual(['failed', 'skipped']);
    expect(readDuration('--for', '30m')).toBe('30m');
  });

  it.each([
    [() => readLimit('0'), "--limit takes a whole number from 1 to 10000, not '0'"],
    [() => readLimit('1e3'), "not '1e3'"],
    [() => readLimit('10001'), "not '10001'"],
    [
      () => readBefore('gestern'),
      '--before takes an instant such as 2026-11-24T17:00:00Z, or a duration ago',
    ],
    [() => readBefore('5'), "not '5'"],
    [() => readBefore('2026-13-45'), "not '2026-13-45'"],
    [() => readOutcomes('faild'), "not 'faild': did you mean 'failed'?"],
    [() => readOutcomes('failed,'), "not ''"],
    [() => readDuration('--for', '30'), "not '30': did you mean 30s or 30m?"],
    [() => readDuration('--wait', '0s'), '--wait takes a duration such as 30s, 5m or 1h30m, up to 8784h'],
    [() => readDuration('--wait', '10000h'), "not '10000h'"],
  ])('refuses the others, by the option as it is typed: %#', (read, message) => {
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', exitCode: 2 }));
  });
});
