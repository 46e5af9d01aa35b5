import { OptionProblem, type OptionSource } from '../options/option-field.js';
import type { JobAdoption } from './adoption.js';
import { keptName } from './job-name.js';

/** `jobs.adopt`: in the environment a list has commas between its names. */
export function readAdoption(value: unknown, source: OptionSource): JobAdoption {
  if (typeof value === 'boolean') return value;
  if (source !== 'code' && (value === 'true' || value === 'false')) return value === 'true';
  if (source === 'environment' && typeof value === 'string') return names(value.split(','), source);
  if (Array.isArray(value)) return names(value, source);
  if (source === 'code' && isChooser(value)) return value;
  throw new OptionProblem(remedy(source));
}

function names(written: readonly unknown[], source: OptionSource): readonly string[] {
  return written.map(name => {
    if (typeof name === 'string' && name.trim() !== '') return keptName(name);
    throw new OptionProblem(remedy(source));
  });
}

/** Its results are checked at each call. */
function isChooser(value: unknown): value is Extract<JobAdoption, (...args: never[]) => unknown> {
  return typeof value === 'function';
}

function remedy(source: OptionSource): string {
  const list = "of names and patterns such as 'Reports.*'";
  if (source === 'environment') return `Give true, false, or a list ${list}, with commas between them`;
  const choose = source === 'code' ? ', or a function that returns true or false for a method' : '';
  return `Give true, false, or a list ${list}${choose}`;
}
