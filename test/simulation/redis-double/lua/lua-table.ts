/** A Lua table: entries 1..n in an array, the rest in a map. Nil is `undefined` throughout. */
export class LuaTable {
  private map: Map<unknown, unknown> | undefined;

  constructor(readonly list: unknown[] = []) {}

  /** A table with string keys. */
  static of(entries: Readonly<Record<string, unknown>>): LuaTable {
    const table = new LuaTable();
    for (const [key, value] of Object.entries(entries)) table.set(key, value);
    return table;
  }

  get(key: unknown): unknown {
    if (typeof key === 'number' && key >= 1 && key <= this.list.length && Number.isInteger(key)) {
      return this.list[key - 1];
    }
    return this.map?.get(key);
  }

  set(key: unknown, value: unknown): void {
    if (typeof key === 'number' && Number.isInteger(key) && key >= 1) {
      if (key <= this.list.length) return this.replace(key, value);
      if (key === this.list.length + 1) return this.append(value);
    }
    if (value === undefined) this.map?.delete(key);
    else (this.map ??= new Map()).set(key, value);
  }

  /** The border that `#` names. */
  get length(): number {
    return this.list.length;
  }

  /** The pairs as they stand now: the list first, then the rest in the order it was written. */
  entries(): [unknown, unknown][] {
    const entries: [unknown, unknown][] = [];
    for (const [index, value] of this.list.entries())
      if (value !== undefined) entries.push([index + 1, value]);
    if (this.map !== undefined) entries.push(...this.map);
    return entries;
  }

  private replace(key: number, value: unknown): void {
    this.list[key - 1] = value;
    if (value === undefined) this.trim();
  }

  private append(value: unknown): void {
    if (value === undefined) return void this.map?.delete(this.list.length + 1);
    this.list.push(value);
    if (this.map === undefined) return;
    this.map.delete(this.list.length);
    for (let next = this.map.get(this.list.length + 1); next !== undefined;) {
      this.list.push(next);
      this.map.delete(this.list.length);
      next = this.map.get(this.list.length + 1);
    }
  }

  private trim(): void {
    while (this.list.length > 0 && this.list.at(-1) === undefined) this.list.pop();
  }
}

/** Makes a table of the values of a constructor or of `{...}`: trailing nils are no entries. */
export function tableOf(values: unknown[]): LuaTable {
  while (values.length > 0 && values.at(-1) === undefined) values.pop();
  return new LuaTable(values);
}
