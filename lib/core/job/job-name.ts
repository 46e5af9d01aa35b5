/** Below `jobs` of the options it stands for all jobs, so that no job has this name. */
export const DEFAULTS = 'defaults';

/** Below `jobs` of the options it says which methods become jobs, so that no job has this name. */
export const ADOPT = 'adopt';

/**
 * A job's name as it is kept, of one that was written: without the spaces around it. Every method that makes, finds or
 * names a job goes through it.
 */
export function keptName(name: string): string {
  // Callers without types may give anything, which is no name of a job then.
  return typeof name === 'string' ? name.trim() : name;
}
