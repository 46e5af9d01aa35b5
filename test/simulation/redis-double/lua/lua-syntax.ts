import type { CallExpression, Expression, StringCallExpression, TableCallExpression } from 'luaparse';

/** A call in any of its three spellings: `f(x)`, `f 'x'`, `f { x }`. */
export type AnyCall = CallExpression | StringCallExpression | TableCallExpression;

/** Whether an expression may yield several values. Parentheses cut them to one. */
export function isMulti(
  expression: Expression,
): expression is AnyCall | (Expression & { type: 'VarargLiteral' }) {
  if ('inParens' in expression && expression.inParens === true) return false;
  return expression.type === 'VarargLiteral' || isCall(expression);
}

/** Whether an expression is a call, in any of its three spellings. */
export function isCall(expression: Expression): expression is AnyCall {
  return expression.type.endsWith('CallExpression');
}

/** The arguments of a call, whatever its spelling. */
export function argumentsOf(expression: AnyCall): readonly Expression[] {
  if (expression.type === 'CallExpression') return expression.arguments;
  return [expression.type === 'StringCallExpression' ? expression.argument : expression.arguments];
}

/** Whether an expression yields true or false and nothing else. */
export function isBoolean(expression: Expression): boolean {
  if (expression.type === 'UnaryExpression') return expression.operator === 'not';
  return expression.type === 'BinaryExpression' && /^(==|~=|<|<=|>|>=)$/.test(expression.operator);
}

/** A literal as JavaScript. */
export function quote(value: string | number | boolean | null): string {
  return typeof value === 'number' && value < 0 ? `(${value})` : JSON.stringify(value);
}
