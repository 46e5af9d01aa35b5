import { InvalidOptionsError } from '../errors/errors.js';

/** Everything that is wrong with a configuration, for one error. */
export class OptionProblems {
  private readonly found: InvalidOptionsError[] = [];

  /** @param refused what is wrong with single options, one line each */
  constructor(private readonly refused: readonly string[]) {}

  /** Keeps a problem of options that do not hold together. */
  add(problem: InvalidOptionsError): void {
    this.found.push(problem);
  }

  /** Calls the function. An `InvalidOptionsError` of it is kept, and the fallback returned. */
  collect<Value>(make: () => Value, fallback: Value): Value {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof InvalidOptionsError)) throw error;
      this.add(error);
      return fallback;
    }
  }

  /** Throws one `InvalidOptionsError` with all problems, if there are any. */
  throwIfAny(): void {
    const [first, ...others] = this.found;
    if (first !== undefined && others.length + this.refused.length === 0) throw first;
    const lines = [...this.refused, ...this.found.map(({ message }) => message)];
    if (lines.length === 0) return;
    throw new InvalidOptionsError({
      problem: 'ScheduleModule cannot be configured',
      remedy: `Correct this:\n${lines.map(line => `  - ${line}`).join('\n')}`,
    });
  }
}
