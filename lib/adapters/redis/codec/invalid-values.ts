import type { InvalidValue, InvalidValueAction } from '../../../ports/invalid-value.js';

/** How much of a value, or of the name of a field, is reported. */
const MAX_LENGTH = 100;
/** So many values that stay invalid are remembered, so that each is reported once and not with each command. */
const MAX_REMEMBERED = 500;
/** key, field, value, action: see scripts/shared/stored-values.lua. */
const WORDS = 4;

/** Reports values in Redis that no script of ours writes: those that were changed always, those that stay once. */
export class InvalidValues {
  private readonly remembered = new Set<string>();

  constructor(private readonly report: (found: InvalidValue) => void = () => undefined) {}

  note({ key, field, value, action }: InvalidValue): void {
    const found = { key, field: printable(field), value: printable(value), action };
    if (action === 'ignored' && !this.isNew(JSON.stringify(found))) return;
    this.report(found);
  }

  /** The answer of a script without what it says about invalid values, which is reported. */
  takeFrom(reply: unknown): unknown {
    if (!isList(reply)) return reply;
    const [head, ...rest] = reply;
    if (!isList(head)) return reply;
    const [now, ...words] = head;
    for (let at = 0; at < words.length; at += WORDS) {
      const [key = '', field = '', value = '', action] = words.slice(at, at + WORDS).map(String);
      if (isAction(action)) this.note({ key, field, value, action });
    }
    return [now, ...rest];
  }

  private isNew(found: string): boolean {
    if (this.remembered.has(found)) return false;
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    this.remembered.add(found);
    return true;
  }
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isAction(word: string | undefined): word is InvalidValueAction {
  return word === 'ignored' || word === 'repaired' || word === 'clamped';
}

/** On one line, and bounded: control characters are spelled out. */
function printable(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, character => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
