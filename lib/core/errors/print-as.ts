/** The method that `util.inspect` and the console call. */
const CUSTOM = Symbol.for('nodejs.util.inspect.custom');

/** Has all that prints an object, or makes JSON of it, see this instead: what it holds may be secret. Answers with it. */
export function printAs<Target extends object>(target: Target, view: () => unknown): Target {
  for (const name of [CUSTOM, 'toJSON'])
    Object.defineProperty(target, name, { value: () => view(), configurable: true });
  return target;
}
