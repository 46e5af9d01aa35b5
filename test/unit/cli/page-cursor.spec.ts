import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import { formatCursor, parseCursor } from '../../../lib/cli/page-cursor.js';

const MAX_MS = Date.UTC(9999, 0, 1);

it('is read back as it was written, whatever the job is called', () => {
  const cursors = fc.record({
    job: fc.string({ minLength: 1, maxLength: 200 }),
    tick: fc.integer({ min: 0, max: MAX_MS }).map(ms => new Date(ms)),
    runId: fc.stringMatching(/^[\w-]{0,40}$/),
    manual: fc.boolean(),
  });
  fc.assert(fc.property(cursors, cursor => expect(parseCursor(formatCursor(cursor))).toEqual(cursor)));
});

it.each([
  '',
  '2h',
  '2026-11-24',
  '2026-11-24T17:00:00.000Z',
  '2026-99-24T17:00:00.000Z/manual/r/job',
  'x'.repeat(3000),
])('is no other text: %#', text => expect(parseCursor(text)).toBeUndefined());
