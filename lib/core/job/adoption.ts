/*
 * Which methods with decorators of @nestjs/schedule become leader jobs: `jobs.adopt` of the options.
 */
import { InvalidOptionsError } from '../errors/errors.js';
import { nearestName } from '../errors/nearest-name.js';
import { matchesPattern } from './name-pattern.js';

/** A decorator of @nestjs/schedule. */
export type PlainDecorator = 'Cron' | 'Interval' | 'Timeout';

/** A method with a decorator of @nestjs/schedule, for which `jobs.adopt` decides. */
export interface AdoptableMethod {
  /** Its name as a job: that of the decorator, or `Class.method`. */
  readonly name: string;
  readonly className: string;
  readonly methodName: string;
  /** The module that has the provider or controller. */
  readonly moduleName: string;
  readonly decorator: PlainDecorator;
}

/**
 * Which methods with decorators of @nestjs/schedule become leader jobs: `true` for all with `@Cron` or `@Interval`; a list of
 * names and of patterns with `*`; or a function that decides for each. `false` for none.
 */
export type JobAdoption = boolean | readonly string[] | ((method: AdoptableMethod) => boolean);

/** A method that becomes a leader job. */
export interface Adopted<Method> {
  readonly method: Method;
  /** Whether it was named, not only matched: then it is adopted, or the start fails. */
  readonly isNamed: boolean;
}

/**
 * The methods that become leader jobs, in their order. A `@Timeout` only by its exact name: as a leader job it runs once per
 * term, and what pods do at their start is mostly meant for each of them.
 *
 * @throws InvalidOptionsError for names and patterns without a method, and for a function that fails
 */
export function adoptedAmong<Method extends AdoptableMethod>(
  adoption: JobAdoption,
  methods: readonly Method[],
): readonly Adopted<Method>[] {
  const repeated = methods.filter(({ decorator }) => decorator !== 'Timeout');
  if (typeof adoption === 'boolean') return adoption ? repeated.map(unnamed) : [];
  if (typeof adoption === 'function')
    return repeated.filter(method => isChosen(adoption, method)).map(unnamed);
  refuseUnmatched(adoption, methods);
  return methods.flatMap(method => {
    const isNamed = adoption.some(name => isNameOf(name, method));
    const isMatched = repeated.includes(method) && adoption.some(pattern => isPatternOf(pattern, method));
    return isNamed || isMatched ? [{ method, isNamed }] : [];
  });
}

function unnamed<Method>(method: Method): Adopted<Method> {
  return { method, isNamed: false };
}

function isNameOf(written: string, { name, className, methodName }: AdoptableMethod): boolean {
  return written === name || written === `${className}.${methodName}`;
}

function isPatternOf(written: string, { name, className, methodName }: AdoptableMethod): boolean {
  if (!written.includes('*')) return false;
  return [name, `${className}.${methodName}`].some(one => matchesPattern(one, written));
}

function isChosen(choose: (method: AdoptableMethod) => boolean, method: AdoptableMethod): boolean {
  const { name, className, methodName, moduleName, decorator } = method;
  const chosen = answerOf(choose, { name, className, methodName, moduleName, decorator });
  if (typeof chosen === 'boolean') return chosen;
  throw new InvalidOptionsError({
    problem: `The function of jobs.adopt did not return true or false for ${name}`,
    received: chosen,
    remedy: 'Let it return, without a promise, whether the method becomes a leader job',
  });
}

function answerOf(choose: (method: AdoptableMethod) => unknown, method: AdoptableMethod): unknown {
  try {
    return choose(method);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidOptionsError({
      problem: `The function of jobs.adopt threw for ${method.name}: ${reason}`,
      remedy: 'Let it return whether the method becomes a leader job',
      cause,
    });
  }
}

function refuseUnmatched(adoption: readonly string[], methods: readonly AdoptableMethod[]): void {
  const unmatched = adoption.filter(written => !methods.some(one => isMatch(written, one)));
  if (unmatched.length === 0) return;
  throw new InvalidOptionsError({
    problem: 'jobs.adopt names methods that there are not',
    received: unmatched,
    remedy: `Correct this:\n${unmatched.map(written => `  - ${remedyFor(written, methods)}`).join('\n')}`,
  });
}

function isMatch(written: string, method: AdoptableMethod): boolean {
  return isNameOf(written, method) || (method.decorator !== 'Timeout' && isPatternOf(written, method));
}

const MAX_LISTED = 20;

function remedyFor(written: string, methods: readonly AdoptableMethod[]): string {
  const timeouts = methods.filter(method => isPatternOf(written, method));
  if (timeouts.length > 0)
    return `'${written}' matches only methods with @Timeout, which are adopted by their names: ${namesOf(timeouts)}`;
  const names = methods.flatMap(({ name, className, methodName }) => [name, `${className}.${methodName}`]);
  const nearest = nearestName(written, names);
  if (nearest !== undefined) return `'${written}': did you mean '${nearest}'?`;
  const known = methods.length === 0 ? 'there are none' : `there are ${namesOf(methods)}`;
  return `'${written}': no method with @Cron, @Interval or @Timeout has this name; ${known}`;
}

function namesOf(methods: readonly AdoptableMethod[]): string {
  const names = methods.map(({ name }) => `'${name}'`);
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return `${names.slice(0, MAX_LISTED).join(', ')}${more}`;
}
