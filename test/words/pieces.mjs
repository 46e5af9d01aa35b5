import ts from 'typescript';

/**
 * Splits a file into the texts that people read and the names that code uses. Offsets stay those of the file, so that
 * a hit can be shown with its line.
 *
 * @typedef {{ kind: 'prose' | 'name' | 'key', text: string, at: number }} Piece
 */

/** A string without a space is a key, a path or a value and no prose: it is checked as a name. */
const SENTENCE = /\s/;

/**
 * @param {string} file
 * @param {string} text
 * @returns {Piece[]}
 */
export function piecesOf(file, text) {
  if (/\.(ts|mjs)$/.test(file)) return [...piecesOfScript(file, text)];
  if (file.endsWith('.lua')) return piecesOfLua(text);
  if (file.endsWith('.md')) return piecesOfPage(text);
  return [...split(text, /\n/g, 0)];
}

/** @param {string} file @param {string} text @returns {Generator<Piece>} */
function* piecesOfScript(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  /** @param {ts.Node} node @returns {Generator<Piece>} */
  function* visit(node) {
    const children = node.getChildren(source).filter(child => !ts.isJSDoc(child));
    if (children.length > 0) for (const child of children) yield* visit(child);
    else yield* piecesOfToken(node, source, text);
  }
  yield* visit(source);
}

/** @param {ts.Node} token @param {ts.SourceFile} source @param {string} text @returns {Generator<Piece>} */
function* piecesOfToken(token, source, text) {
  const start = token.getStart(source);
  yield* commentsIn(text.slice(token.pos, start), token.pos);
  if (ts.isIdentifier(token) || ts.isPrivateIdentifier(token))
    yield { kind: 'name', text: token.text, at: start };
  else if (ts.isStringLiteralLike(token) || isTemplatePart(token))
    yield* stringPieces(text.slice(start + 1, token.end - 1), start + 1, isImported(token));
}

/** @param {ts.Node} token */
function isTemplatePart(token) {
  return ts.isTemplateHead(token) || ts.isTemplateMiddle(token) || ts.isTemplateTail(token);
}

/** @param {ts.Node} token the path of an import is the name of a file, which is checked where the file is */
function isImported(token) {
  return /\.(js|mjs|lua)$/.test(/** @type {ts.StringLiteral} */ (token).text);
}

/** @param {string} string @param {number} at @param {boolean} isPath @returns {Generator<Piece>} */
function* stringPieces(string, at, isPath) {
  if (SENTENCE.test(string.trim())) yield { kind: 'prose', text: withoutBreaks(string), at };
  else if (!isPath) yield { kind: 'key', text: string, at };
}

/** One piece per comment; line comments that follow each other are one. @param {string} trivia @param {number} at */
function* commentsIn(trivia, at) {
  for (const found of trivia.matchAll(/\/\*[^]*?\*\/|\/\/[^\n]*(?:\n[^\S\n]*\/\/[^\n]*)*/g)) {
    const text = withoutBreaks(found[0].replace(/^\/[*/]+|\*\/$/g, blank));
    yield /** @type {Piece} */ ({ kind: 'prose', text, at: at + found.index });
  }
}

/** @param {string} text @returns {Piece[]} */
function piecesOfLua(text) {
  /** @type {Piece[]} */
  const pieces = [];
  const TOKENS =
    /--\[\[[^]*?\]\]|--[^\n]*(?:\n[^\S\n]*--[^\n]*)*|'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|[A-Za-z_]\w*/g;
  for (const found of text.matchAll(TOKENS)) {
    const [token] = found;
    const at = found.index;
    if (token.startsWith('--'))
      pieces.push({ kind: 'prose', text: withoutBreaks(token.replace(/^--(\[\[)?|\]\]$/g, blank)), at });
    // A string without a space is the name of a key or a field in Redis, which stays as it is.
    else if (/^['"]/.test(token)) {
      if (SENTENCE.test(token)) pieces.push({ kind: 'prose', text: token, at });
    } else pieces.push({ kind: 'name', text: token, at });
  }
  return pieces;
}

/** Paragraphs, list items and rows as prose; words in code as names or fields. @param {string} text @returns {Piece[]} */
function piecesOfPage(text) {
  const prose = [...split(withoutCode(text), /\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\.) ?)/g, 0)];
  const names = [...text.matchAll(/`([^`\n]+)`/g)].flatMap(({ 1: code = '', index }) =>
    [...code.matchAll(/[A-Za-z_][\w-]*/g)].map(word => keyAt(word[0], index + 1 + word.index)),
  );
  return [...prose, ...names];
}

/** @param {string} text @param {number} at @returns {Piece} */
const keyAt = (text, at) => ({ kind: 'key', text, at });

/** A single word in code is a name and no prose. @param {string} text */
function withoutCode(text) {
  return text.replace(/`[^`\s]+`/g, blank);
}

/** @param {string} text @param {RegExp} separator @param {number} offset @returns {Generator<Piece>} */
function* split(text, separator, offset) {
  let at = 0;
  for (const found of [...text.matchAll(separator), { 0: '', index: text.length }]) {
    const piece = text.slice(at, found.index);
    if (piece.trim() !== '') yield { kind: 'prose', text: withoutBreaks(piece), at: offset + at };
    at = found.index + found[0].length;
  }
}

/** A phrase may go on in the next line: breaks, and the signs that lead a line of a comment, become spaces. @param {string} text */
function withoutBreaks(text) {
  return text.replace(/\n[^\S\n]*(?:\*|\/\/|--|>)?/g, blank);
}

/** @param {string} text */
function blank(text) {
  return ' '.repeat(text.length);
}
