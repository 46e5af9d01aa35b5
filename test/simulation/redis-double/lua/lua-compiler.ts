/*
 * Compiles a Lua 5.1 script of Redis to a JavaScript function: ten times faster than an interpreter, which is
 * what lets the simulator run thousands of seeds. Not covered: metatables, coroutines, goto, new globals.
 */
import {
  parse,
  type AssignmentStatement,
  type FunctionDeclaration,
  type Identifier,
  type Statement,
} from 'luaparse';

import { ExpressionCompiler } from './lua-expressions.js';
import { LuaScope } from './lua-scope.js';
import { isCall, quote } from './lua-syntax.js';
import { surroundings } from './lua-surroundings.js';
import type { LuaTable } from './lua-table.js';
import type { LuaFunction } from './lua-values.js';

/** The global `redis` of a script. */
export interface RedisLibrary {
  readonly call: LuaFunction;
  readonly pcall: LuaFunction;
  readonly [name: string]: unknown;
}

/** A script ready to run. Returns its value, or several as an array; throws `LuaError`. */
export type CompiledScript = (keys: LuaTable, args: LuaTable, redis: RedisLibrary) => unknown;

/** Compiles the text of a script. Throws a `SyntaxError` of luaparse when it is none. */
export function compileLua(text: string): CompiledScript {
  const { body } = parse(text, { luaVersion: '5.1', encodingMode: 'pseudo-latin1', comments: false });
  const javaScript = new StatementCompiler().script(body);
  const names = Object.keys(surroundings);
  // The text is our own translation of our own scripts.
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function(...names, javaScript) as (...values: unknown[]) => CompiledScript;
  return make(...Object.values(surroundings));
}

class StatementCompiler extends ExpressionCompiler {
  script(statements: readonly Statement[]): string {
    const code = this.block(statements);
    return `'use strict'; return (KEYS, ARGV, redis) => {${this.declareTemporaries([])}\n${code}\n};`;
  }

  protected override body(declaration: FunctionDeclaration): string {
    const outer = this.temporaries;
    this.temporaries = [];
    const text = this.inScope(() => {
      const parameters = declaration.parameters.map(parameter =>
        parameter.type === 'VarargLiteral' ? '...varargs' : this.scope.declare(parameter.name),
      );
      const code = this.block(declaration.body);
      return `((${parameters.join(', ')}) => {${this.declareTemporaries(outer)}\n${code}\n})`;
    });
    return text;
  }

  private declareTemporaries(outer: string[]): string {
    const own = this.temporaries;
    this.temporaries = outer;
    return own.length > 0 ? ` let ${own.join(', ')};` : '';
  }

  private block(statements: readonly Statement[]): string {
    return this.inScope(() => statements.map(statement => this.statement(statement)).join('\n'));
  }

  private inScope<Result>(compile: () => Result): Result {
    const outer = this.scope;
    this.scope = new LuaScope(outer);
    const result = compile();
    this.scope = outer;
    return result;
  }

  private statement(statement: Statement): string {
    switch (statement.type) {
      case 'LocalStatement':
        return this.local(statement.variables, statement.init);
      case 'AssignmentStatement':
        return this.assignment(statement);
      case 'CallStatement':
        return `${this.call(statement.expression)};`;
      case 'FunctionDeclaration':
        return this.declaration(statement);
      case 'ReturnStatement':
        return this.returned(statement.arguments);
      case 'IfStatement':
        return statement.clauses
          .map(clause =>
            clause.type === 'ElseClause'
              ? `{\n${this.block(clause.body)}\n}`
              : `if (${this.condition(clause.condition)}) {\n${this.block(clause.body)}\n}`,
          )
          .join(' else ');
      case 'DoStatement':
        return `{\n${this.block(statement.body)}\n}`;
      case 'WhileStatement':
        return `while (${this.condition(statement.condition)}) {\n${this.block(statement.body)}\n}`;
      case 'RepeatStatement':
        return this.repeat(statement);
      case 'ForNumericStatement':
        return this.count(statement);
      case 'ForGenericStatement':
        return this.iterate(statement);
      case 'BreakStatement':
        return 'break;';
      case 'GotoStatement':
      case 'LabelStatement':
        throw new Error('Lua 5.1 has no goto');
    }
  }

  private local(variables: readonly Identifier[], init: Parameters<ExpressionCompiler['list']>[0]): string {
    const [only] = init;
    // The expressions do not see the variables.
    if (variables.length === 1 && init.length <= 1) {
      const value = only === undefined ? 'undefined' : this.single(only);
      return `let ${variables.map(({ name }) => this.scope.declare(name)).join()} = ${value};`;
    }
    const list = this.list(init);
    return `let [${variables.map(({ name }) => this.scope.declare(name)).join(', ')}] = [${list}];`;
  }

  private assignment({ variables, init }: AssignmentStatement): string {
    const [target] = variables;
    const [value] = init;
    if (variables.length === 1 && init.length === 1 && target !== undefined && value !== undefined) {
      return this.assign(target, this.single(value));
    }
    const temporaries = variables.map((_, index) => `v$${index}`);
    const assigned = variables.map((variable, index) => this.assign(variable, `v$${index}`));
    return `{ const [${temporaries.join(', ')}] = [${this.list(init)}]; ${assigned.join(' ')} }`;
  }

  private assign(target: AssignmentStatement['variables'][number], value: string): string {
    if (target.type === 'Identifier') {
      const local = this.scope.find(target.name);
      if (local === undefined) throw new Error(`Redis refuses new globals: ${target.name}`);
      return `${local} = ${value};`;
    }
    const key =
      target.type === 'MemberExpression' ? quote(target.identifier.name) : this.single(target.index);
    return `assign(${this.single(target.base)}, ${key}, ${value});`;
  }

  private declaration(declaration: FunctionDeclaration): string {
    const { identifier, isLocal } = declaration;
    if (identifier?.type !== 'Identifier' || !isLocal)
      throw new Error('Redis refuses new globals: a script can only have local functions');
    // Declared first, so that it can call itself.
    const name = this.scope.declare(identifier.name);
    return `let ${name}; ${name} = ${this.body(declaration)};`;
  }

  private returned(args: Parameters<ExpressionCompiler['list']>[0]): string {
    const [only] = args;
    if (only === undefined) return 'return undefined;';
    if (args.length > 1) return `return [${this.list(args)}];`;
    if ('inParens' in only && only.inParens === true) return `return ${this.single(only)};`;
    if (only.type === 'VarargLiteral') return 'return varargs;';
    return `return ${isCall(only) ? this.call(only) : this.single(only)};`;
  }

  private repeat({ body, condition }: Statement & { type: 'RepeatStatement' }): string {
    // The condition sees the locals of the body.
    return this.inScope(() => {
      const code = body.map(statement => this.statement(statement)).join('\n');
      return `while (true) {\n${code}\nif (${this.condition(condition)}) break;\n}`;
    });
  }

  private count({ variable, start, end, step, body }: Statement & { type: 'ForNumericStatement' }): string {
    const bounds = `i$ = add(0, ${this.single(start)}), end$ = add(0, ${this.single(end)})`;
    const stepBy = step === null ? '1' : `add(0, ${this.single(step)})`;
    return this.inScope(() => {
      const name = this.scope.declare(variable.name);
      const going = step === null ? 'i$ <= end$' : '(step$ > 0 ? i$ <= end$ : i$ >= end$)';
      const head = `let ${bounds}, step$ = ${stepBy}; ${going}; i$ += step$`;
      return `for (${head}) {\nlet ${name} = i$;\n${this.block(body)}\n}`;
    });
  }

  private iterate({ variables, iterators, body }: Statement & { type: 'ForGenericStatement' }): string {
    const list = this.list(iterators);
    return this.inScope(() => {
      const names = variables.map(({ name }) => this.scope.declare(name));
      const step = `let [${names.join(', ')}] = all(next$(state$, control$));`;
      const head = `const [next$, state$, first$] = [${list}]; let control$ = first$;`;
      return `{ ${head} while (true) {\n${step}\nif (${names[0]} === undefined) break;\ncontrol$ = ${names[0]};\n${this.block(body)}\n} }`;
    });
  }
}
