import { DuplicateJobError } from '../core/errors/errors.js';
import type { Job } from '../core/job/job.js';

/** A job and where it was declared. */
export interface DeclaredJob {
  readonly job: Job;
  /** `Class.method in Module`, or that it was created at run time. */
  readonly definedAt: string;
  /** The method; `undefined` for a job that was created at run time. */
  readonly method?: JobMethod;
}

/** A method that is a job, of one provider. */
export interface JobMethod {
  /** The function. Classes may share a name, and methods too. */
  readonly method: object;
  readonly wrapper: object;
  readonly className: string;
  /** `Class.method`. */
  readonly name: string;
  /** The module that has the provider. */
  readonly module: string;
}

/** Throws one `DuplicateJobError` that lists every name of more than one job. */
export function refuseNameClashes(jobs: readonly DeclaredJob[]): void {
  const clashes = [...byName(jobs)].filter(([, same]) => same.length > 1);
  const [first] = clashes;
  if (first === undefined) return;
  throw clashes.length === 1 ? oneClash(...first) : manyClashes(clashes);
}

type Clash = [name: string, jobs: readonly DeclaredJob[]];

function byName(jobs: readonly DeclaredJob[]): Map<string, DeclaredJob[]> {
  const groups = new Map<string, DeclaredJob[]>();
  for (const declared of jobs) {
    const group = groups.get(declared.job.name) ?? [];
    groups.set(declared.job.name, [...group, declared]);
  }
  return groups;
}

const RENAME = "Give one of them another name, in the options of its decorator: { name: '…' }";
const PROVIDE_ONCE = 'List the class among the providers of one module, and export it there';

function oneClash(name: string, jobs: readonly DeclaredJob[]): DuplicateJobError {
  const count = jobs.length === 2 ? 'Two' : jobs.length;
  return new DuplicateJobError({
    problem: `${count} jobs have one name: ${described(jobs)}`,
    received: name,
    remedy: isOneClass(jobs) ? PROVIDE_ONCE : RENAME,
  });
}

function manyClashes(clashes: readonly Clash[]): DuplicateJobError {
  const lines = clashes.map(
    ([name, jobs]) => `'${name}': ${described(jobs)}. ${isOneClass(jobs) ? PROVIDE_ONCE : RENAME}`,
  );
  return new DuplicateJobError({
    problem: `${clashes.length} names belong to more than one job each`,
    received: clashes.map(([name]) => name),
    remedy: `Correct this:\n${lines.map(line => `  - ${line}`).join('\n')}`,
  });
}

function described(jobs: readonly DeclaredJob[]): string {
  const [first] = methodsOf(jobs);
  if (first === undefined || !isOneClass(jobs)) return listed(jobs.map(one => one.definedAt));
  const modules = methodsOf(jobs).map(({ module }) => module);
  return `the class ${first.className} is a provider of ${listed(modules)}, with an instance for each`;
}

/** Whether one class is provided more than once, so that the job is one method of several instances. */
function isOneClass(jobs: readonly DeclaredJob[]): boolean {
  const methods = methodsOf(jobs);
  const functions = new Set(methods.map(({ method }) => method));
  const classes = new Set(methods.map(({ className }) => className));
  const wrappers = new Set(methods.map(({ wrapper }) => wrapper));
  return functions.size === 1 && classes.size === 1 && wrappers.size === jobs.length;
}

function methodsOf(jobs: readonly DeclaredJob[]): readonly JobMethod[] {
  return jobs.flatMap(({ method }) => method ?? []);
}

function listed(parts: readonly string[]): string {
  return `${parts.slice(0, -1).join(', ')} and ${parts.slice(-1).join()}`;
}
