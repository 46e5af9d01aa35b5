let declared = 0;

/** Which JavaScript variable stands for a Lua local: names are never used twice, so shadowing needs no care. */
export class LuaScope {
  private readonly names = new Map<string, string>();

  constructor(private readonly parent?: LuaScope) {}

  declare(name: string): string {
    declared += 1;
    const variable = `${name}$${declared}`;
    this.names.set(name, variable);
    return variable;
  }

  find(name: string): string | undefined {
    return this.names.get(name) ?? this.parent?.find(name);
  }
}
