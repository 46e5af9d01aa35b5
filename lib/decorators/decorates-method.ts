/**
 * Decorates a method that takes an `Argument`, or nothing: one with a parameter of its own, which would be given the
 * argument, does not compile. The descriptor may be missing as far as types go, so that the decorator can be composed by
 * Nest's `applyDecorators`; what is no method is refused when the class is declared.
 *
 * @typeParam Argument what the scheduler calls the method with
 */
export interface DecoratesMethod<Argument> {
  /**
   * Called by TypeScript where the decorator stands.
   *
   * @typeParam Method the type of the method
   */
  <Method extends (argument: Argument) => unknown>(
    target: object,
    key: string | symbol,
    descriptor?: TypedPropertyDescriptor<Method>,
  ): void;
}
