import { InvalidOptionsError } from '../errors/errors.js';
import { callFactory } from '../options/call-factory.js';
import type { JobDefinition, ScheduleContext } from './job-definition.js';

/** Options are nested once: `retry.attempts`. */
const LEVELS = 2;

/**
 * Options in which the results of functions stand instead of the functions; not checked. Without functions they are
 * returned as they are. Throws `InvalidOptionsError` for a function that throws or is asynchronous.
 *
 * @param origin the decorator and its method, for the message
 */
export function givenOptions(origin: string, options: unknown, context: ScheduleContext): unknown {
  return replaced(options, '', LEVELS, (path, factory) => result(origin, path, () => factory(context)));
}

/** Whether a definition has functions, which can be called only when the application starts. */
export function hasFactories(definition: JobDefinition): boolean {
  const schedule = 'cronTime' in definition ? definition.cronTime : definition.duration;
  let isFound = typeof schedule === 'function';
  replaced(definition.options, '', LEVELS, () => void (isFound = true));
  return isFound;
}

type AnyFactory = (context: ScheduleContext) => unknown;

function replaced(
  written: unknown,
  path: string,
  levels: number,
  call: (path: string, factory: AnyFactory) => unknown,
): unknown {
  if (typeof written === 'function') return call(path, written as AnyFactory);
  if (levels === 0 || typeof written !== 'object' || written === null || Array.isArray(written))
    return written;
  const copy: Record<string, unknown> = {};
  let isChanged = false;
  // Inherited names too: options are read by their names, whatever they stand on.
  for (const name in written) {
    const value: unknown = Reflect.get(written, name);
    copy[name] = replaced(value, path === '' ? name : `${path}.${name}`, levels - 1, call);
    isChanged ||= copy[name] !== value;
  }
  return isChanged ? copy : written;
}

function result(origin: string, path: string, factory: () => unknown): unknown {
  const given = callFactory(factory);
  if ('value' in given) return given.value;
  const { problem, remedy = `Let it return what ${path} may be, or nothing for the default`, cause } = given;
  throw new InvalidOptionsError({
    problem: `${origin}: the function that gives ${path || 'the options'} ${problem}`,
    remedy,
    cause,
  });
}
