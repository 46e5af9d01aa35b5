type ErrorClass = abstract new (...args: never[]) => Error;

const ordinary = Function.prototype[Symbol.hasInstance];

/**
 * Lets `instanceof` accept errors that another copy of this package has thrown: where a test runner loads its ES modules
 * and its CommonJS modules, they are two. A class is known by its name here; subclasses of applications are compared as
 * ever.
 */
export function acceptAnyCopy(classes: Readonly<Record<string, ErrorClass>>): void {
  for (const [name, errorClass] of Object.entries(classes)) {
    const mark = Symbol.for(`nestjs-leader-schedule:${name}`);
    Object.defineProperty(errorClass.prototype, mark, { value: true });
    Object.defineProperty(errorClass, Symbol.hasInstance, {
      value(this: unknown, error: unknown): boolean {
        return ordinary.call(this, error) || (this === errorClass && isMarked(error, mark));
      },
    });
  }
}

function isMarked(error: unknown, mark: symbol): boolean {
  return typeof error === 'object' && error !== null && mark in error;
}
