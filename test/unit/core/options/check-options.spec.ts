import { afterEach, describe, expect, it } from '@jest/globals';
import { deleteGlobalConfig, setGlobalConfig } from 'valibot';

import { checkOptions, optionsSchema } from '../../../../lib/core/options/check-options.js';
import { OptionProblem, type OptionField } from '../../../../lib/core/options/option-field.js';
import { optionRefusals } from '../../../../lib/core/options/option-refusals.js';

function even(value: unknown): number {
  if (typeof value === 'number' && value % 2 === 0) return value;
  throw new OptionProblem('Give an even number');
}

const FIELDS: readonly OptionField[] = [
  { path: 'first', read: even },
  { path: 'group.isOn', read: value => value, standsForGroup: true },
  { path: 'group.second', read: even },
];

function refused(written: unknown): unknown[] {
  const { issues } = checkOptions(optionsSchema(FIELDS, 'code'), written);
  return optionRefusals(
    issues,
    FIELDS.map(({ path }) => path),
  ).map(({ path, remedy }) => [path, remedy.split(';', 1).join()]);
}

describe('an object of options', () => {
  afterEach(() => deleteGlobalConfig());

  it('is read field by field; absent fields stay absent', () => {
    const { options, issues } = checkOptions(optionsSchema(FIELDS, 'code'), {
      first: null,
      group: { second: 4 },
    });
    expect({ options, issues }).toEqual({ options: { first: null, group: { second: 4 } }, issues: [] });
  });

  it('has a group for which a flag may stand', () =>
    expect(checkOptions(optionsSchema(FIELDS, 'code'), { group: true }).options).toEqual({
      group: { isOn: true },
    }));

  it('is refused with every value and every name that is wrong, inherited names among them', () => {
    const written = Object.assign(Object.create({ inherited: 1 }), {
      first: 1,
      constructor: 1,
      group: { second: 3, odd: 1, other: 1 },
    });
    expect(refused(written)).toEqual([
      ['first', 'Give an even number'],
      ['group.second', 'Give an even number'],
      ['group.odd', 'There is no such option'],
      ['group.other', 'There is no such option'],
      ['constructor', 'There is no such option'],
      ['inherited', 'There is no such option'],
    ]);
  });

  it.each([[[]], ['text'], [1], [undefined]])('is not %j', written =>
    expect(refused(written)).toEqual([['', 'Give an object of options']]),
  );

  it('is checked to its end, also where the application wants the first issue of its own checks', () => {
    setGlobalConfig({ abortEarly: true, abortPipeEarly: true });
    expect(refused({ first: 1, group: { second: 3, odd: 1 } })).toHaveLength(3);
  });

  it('is refused with the value of an unknown name that contains dots', () => {
    const { issues } = checkOptions(optionsSchema(FIELDS, 'code'), { 'group.second': 4 });
    expect(optionRefusals(issues, ['first', 'group.second'])).toMatchObject([
      { path: 'group.second', received: '4', remedy: expect.stringMatching("did you mean 'group.second'") },
    ]);
  });

  it('does not hide a fault of a reader', () => {
    const faulty = () => {
      throw new TypeError('faulty');
    };
    const schema = optionsSchema([{ path: 'first', read: faulty }], 'code');
    expect(() => checkOptions(schema, { first: 1 })).toThrow(TypeError);
  });
});
