import type {
  BinaryExpression,
  Expression,
  FunctionDeclaration,
  IndexExpression,
  LogicalExpression,
  MemberExpression,
  TableConstructorExpression,
  UnaryExpression,
} from 'luaparse';

import { libraries } from './lua-library.js';
import { LuaScope } from './lua-scope.js';
import { argumentsOf, isBoolean, isMulti, quote, type AnyCall } from './lua-syntax.js';

const ARITHMETIC: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'modulo',
  '^': 'power',
  '..': 'concatenate',
  '<': 'lessThan',
  '<=': 'lessOrEqual',
  '>': 'greaterThan',
  '>=': 'greaterOrEqual',
};

/** Names of a script's surroundings that are arguments of the compiled function. */
const ARGUMENTS: ReadonlySet<string> = new Set(['KEYS', 'ARGV']);
/** Library functions that return one value: their calls need no unpacking. */
const SEVERAL_VALUES = new Set(['select', 'unpack', 'pcall', 'next', 'pairs', 'ipairs', 'assert']);
const SEVERAL_STRINGS = new Set(['byte', 'find', 'gsub', 'match', 'gmatch']);
const INLINED: ReadonlySet<string> = new Set(['floor', 'ceil', 'abs', 'max', 'min']);

/** Compiles expressions to JavaScript; what they share with statements is the scope. */
export abstract class ExpressionCompiler {
  protected scope = new LuaScope();
  /** Variables that hold left operands of `and` and `or`, of the function being compiled. */
  protected temporaries: string[] = [];

  /** Compiles a function's body to statements. */
  protected abstract body(declaration: FunctionDeclaration): string;

  /** An expression that yields one value. */
  protected single(expression: Expression): string {
    if (!isMulti(expression)) return this.any(expression);
    if (expression.type === 'VarargLiteral') return 'varargs[0]';
    return this.returnsOne(expression) ? this.call(expression) : `first(${this.call(expression)})`;
  }

  /** Expressions as the arguments of a JavaScript call or array: the last one yields all its values. */
  protected list(expressions: readonly Expression[]): string {
    return expressions
      .map((expression, index) => {
        if (index < expressions.length - 1 || !isMulti(expression)) return this.single(expression);
        if (expression.type === 'VarargLiteral') return '...varargs';
        return this.returnsOne(expression) ? this.call(expression) : `...all(${this.call(expression)})`;
      })
      .join(', ');
  }

  /** A condition as a JavaScript boolean. */
  protected condition(expression: Expression): string {
    if (isBoolean(expression)) return this.single(expression);
    if (expression.type === 'LogicalExpression') {
      const operator = expression.operator === 'and' ? '&&' : '||';
      return `(${this.condition(expression.left)} ${operator} ${this.condition(expression.right)})`;
    }
    return `isTrue(${this.single(expression)})`;
  }

  /** A call with whatever it returns: one value, or several in an array. */
  protected call(expression: AnyCall): string {
    const { base } = expression;
    const args = this.list(argumentsOf(expression));
    if (base.type === 'MemberExpression' && base.indexer === ':') {
      return `method(${this.single(base.base)}, ${quote(base.identifier.name)})(${args})`;
    }
    const known = this.libraryFunction(base);
    if (known?.startsWith('math.') === true && INLINED.has(known.slice(5)) && !args.includes('...')) {
      const numbers = argumentsOf(expression).map(argument => `add(0, ${this.single(argument)})`);
      if (numbers.length > 0) return `Math.${known.slice(5)}(${numbers.join(', ')})`;
    }
    return `${known ?? `callable(${this.single(base)})`}(${args})`;
  }

  private any(expression: Expression): string {
    switch (expression.type) {
      case 'StringLiteral':
      case 'NumericLiteral':
      case 'BooleanLiteral':
        return quote(expression.value);
      case 'NilLiteral':
        return 'undefined';
      case 'Identifier':
        return this.variable(expression.name);
      case 'MemberExpression':
      case 'IndexExpression':
        return this.member(expression);
      case 'FunctionDeclaration':
        return this.body(expression);
      case 'BinaryExpression':
        return this.binary(expression);
      case 'LogicalExpression':
        return this.logical(expression);
      case 'UnaryExpression':
        return this.unary(expression);
      case 'TableConstructorExpression':
        return this.table(expression);
      case 'CallExpression':
      case 'StringCallExpression':
      case 'TableCallExpression':
      case 'VarargLiteral':
        return this.single(expression);
    }
  }

  private variable(name: string): string {
    const local = this.scope.find(name);
    if (local !== undefined) return local;
    if (ARGUMENTS.has(name)) return name;
    if (name === '_G' || libraries['_G']?.[name] === undefined) return `unknown(${quote(name)})`;
    return `_G.${name}`;
  }

  private member(expression: MemberExpression | IndexExpression): string {
    const known = this.libraryFunction(expression);
    if (known !== undefined) return known;
    const key =
      expression.type === 'MemberExpression'
        ? quote(expression.identifier.name)
        : this.single(expression.index);
    return `indexOf(${this.single(expression.base)}, ${key})`;
  }

  /** `string.format` and the like, unless a local hides them. */
  private libraryFunction(expression: Expression): string | undefined {
    if (expression.type === 'Identifier') {
      const free = this.scope.find(expression.name) === undefined;
      return free && libraries['_G']?.[expression.name] !== undefined ? `_G.${expression.name}` : undefined;
    }
    if (expression.type !== 'MemberExpression' || expression.base.type !== 'Identifier') return undefined;
    const { name } = expression.base;
    if (this.scope.find(name) !== undefined || (name !== 'redis' && libraries[name] === undefined))
      return undefined;
    return `${name}.${expression.identifier.name}`;
  }

  private returnsOne(expression: AnyCall): boolean {
    const name = this.libraryFunction(expression.base);
    if (name === undefined) return false;
    if (name.startsWith('_G.')) return !SEVERAL_VALUES.has(name.slice(3));
    return !(name.startsWith('string.') && SEVERAL_STRINGS.has(name.slice(7)));
  }

  private binary({ operator, left, right }: BinaryExpression): string {
    const [a, b] = [this.single(left), this.single(right)];
    if (operator === '==') return `(${a} === ${b})`;
    if (operator === '~=') return `(${a} !== ${b})`;
    const name = ARITHMETIC[operator];
    if (name === undefined) throw new Error(`Lua 5.1 has no operator ${operator}`);
    return `${name}(${a}, ${b})`;
  }

  private logical({ operator, left, right }: LogicalExpression): string {
    const temporary = `t$${this.temporaries.length}`;
    this.temporaries.push(temporary);
    const test = `isTrue(${temporary} = ${this.single(left)})`;
    return operator === 'and'
      ? `(${test} ? ${this.single(right)} : ${temporary})`
      : `(${test} ? ${temporary} : ${this.single(right)})`;
  }

  private unary({ operator, argument }: UnaryExpression): string {
    if (operator === 'not') return `!${this.condition(argument)}`;
    if (operator === '#') return `lengthOf(${this.single(argument)})`;
    if (operator === '-') return `negate(${this.single(argument)})`;
    throw new Error(`Lua 5.1 has no operator ${operator}`);
  }

  private table({ fields }: TableConstructorExpression): string {
    const values = fields.flatMap(field => (field.type === 'TableValue' ? [field.value] : []));
    const items = `tableOf([${this.list(values)}])`;
    const keyed = fields.flatMap(field => {
      if (field.type === 'TableValue') return [];
      const key = field.type === 'TableKeyString' ? quote(field.key.name) : this.single(field.key);
      return [`[${key}, ${this.single(field.value)}]`];
    });
    return keyed.length > 0 ? `withEntries(${items}, [${keyed.join(', ')}])` : items;
  }
}
