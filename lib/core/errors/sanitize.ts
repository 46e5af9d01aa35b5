/*
 * The sanitizer: how text from outside may stand in a log line, an error, a terminal or a page. Nothing in
 * it moves a cursor, begins a line that looks like one of ours, or reorders what is beside it.
 */

/** How much of a text is shown where nothing else is said. */
export const MAX_TEXT = 1000;
/** A text of several lines, such as a stack. */
export const MAX_LINES_TEXT = 20_000;

/** Complete control sequences, such as colours: what they set is lost, and so is their remainder. */
const SEQUENCES = new RegExp(
  `(?:${String.fromCharCode(0x1b)}\\[|${String.fromCharCode(0x9b)})[0-?]{0,32}[ -/]{0,8}[@-~]`,
  'g',
);
/** Characters that end a line, for one program or another. */
const LINE_ENDS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
/** C0 and C1 controls, direction controls, invisible characters, halves of surrogate pairs. */
const CONTROLS =
  /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
/** Printable ASCII without a space at an end or beside another one. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;
const CONTROLS_BUT_LINE_ENDS = new RegExp(`(?!\\n)(?:${CONTROLS.source})`, 'gu');

/** A text on one line, without controls, trimmed; cut to `limit` characters, and then it ends with `…`. */
export function oneLine(text: string, limit = MAX_TEXT): string {
  if (text.length <= limit && PLAIN.test(text)) return text;
  const safe = withoutSequences(text, limit)
    .replace(LINE_ENDS, ' ')
    .replace(/\s/g, ' ')
    .replace(CONTROLS, '\ufffd')
    .replace(/ {2,}/g, ' ')
    .trim();
  return cut(safe, limit, text.length);
}

/** The same, but its lines stay lines. For texts whose line ends are ours, and for stacks. */
export function manyLines(text: string, limit = MAX_LINES_TEXT): string {
  const safe = withoutSequences(text, limit)
    .replace(LINE_ENDS, '\n')
    .replace(/\t/g, '    ')
    .replace(CONTROLS_BUT_LINE_ENDS, '\ufffd');
  return cut(safe, limit, text.length);
}

/** JSON in which no character is left that a terminal would obey. It means the same. */
export function inertJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Cut before it is searched, so that the time does not depend on the length of the input. */
function withoutSequences(text: string, limit: number): string {
  return text.slice(0, 2 * limit).replace(SEQUENCES, '');
}

function cut(safe: string, limit: number, length: number): string {
  const isCut = safe.length > limit || length > 2 * limit;
  return isCut ? `${withoutHalf(safe.slice(0, limit))}…` : safe;
}

/** A cut may fall into a pair of surrogates. */
function withoutHalf(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '');
}
