import { UnsupportedJobError } from '../core/errors/errors.js';

/** A method on which a decorator of Nest stands. */
export interface DecoratedMethod {
  /** `Class.method`, for messages. */
  readonly name: string;
  /** The function that the class has at this moment. */
  readonly method: (...args: never[]) => unknown;
}

/** The method that a decorator stands on. Throws `UnsupportedJobError` for a member that Nest cannot find. */
export function decoratedMethod(
  decorator: string,
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): DecoratedMethod {
  const method: unknown = descriptor?.value;
  if (typeof key === 'string' && typeof target === 'object' && isMethod(method))
    return { name: `${target.constructor.name}.${key}`, method };
  throw new UnsupportedJobError({
    problem: `${decorator} stands on something that is no ordinary method: a static or symbol-named member, an accessor or a property`,
    received: String(key),
    remedy: 'Decorate an ordinary method of a provider or controller',
  });
}

function isMethod(value: unknown): value is DecoratedMethod['method'] {
  return typeof value === 'function';
}
