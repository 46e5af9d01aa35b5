import { describe, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.js';

describe('eventually', () => {
  test('resolves with the first truthy answer', async () => {
    const answers = [0, '', undefined, 'yes', 'later'];
    expect(await eventually(() => answers.shift(), { every: 1 })).toBe('yes');
    expect(answers).toEqual(['later']);
  });

  test('takes an error for "not yet"', async () => {
    let tries = 0;
    const check = async () => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return tries;
    };
    expect(await eventually(check, { every: 1 })).toBe(3);
  });

  test('says what it waited for and how it last failed', async () => {
    const check = () => {
      throw new Error('connection refused');
    };
    const waiting = eventually(check, { within: 20, every: 5, what: 'the server answers' });
    await expect(waiting).rejects.toThrow(/20 ms.*the server answers.*connection refused/);
  });

  test('gives up on a check that never settles', async () => {
    const waiting = eventually(() => new Promise<boolean>(() => {}), { within: 20, what: 'an answer' });
    await expect(waiting).rejects.toThrow(/an answer.*no answer at all/i);
  });
});
