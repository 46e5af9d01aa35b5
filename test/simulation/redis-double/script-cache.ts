import { createHash } from 'node:crypto';

import { compileLua, type CompiledScript } from './lua/lua-compiler.js';

/** A script that was compiled once, for every server of this process. */
export interface KnownScript {
  readonly sha: string;
  readonly run: CompiledScript;
}

const compiled = new Map<string, KnownScript>();

/** Compiles a script, or finds it. */
export function scriptOf(text: string): KnownScript {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const script = { sha: createHash('sha1').update(text).digest('hex'), run: compileLua(text) };
  compiled.set(text, script);
  return script;
}
