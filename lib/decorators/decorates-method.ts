/**
 * Decorates a method that takes an `Argument`, or nothing: one with a parameter of its own, which would be given the
 * argument, does not compile. The descriptor may be missing as far as types go, so that the decorator can be composed by
 * Nest's `applyDecorators`; what is no method is refused when the class is declared.
 */
export type DecoratesMethod<Argument> = <Method extends (argument: Argument) => unknown>(
  target: object,
  key: string | symbol,
  descriptor?: TypedPropertyDescriptor<Method>,
) => void;
