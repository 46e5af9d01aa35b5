/*
 * A terminal as SVG: each line appears at its time and stays. A viewer without animations shows all lines. It has a
 * background of its own, so that it can be read on light and on dark pages, and needs no font, script or image from elsewhere.
 */

const COLUMN = 8.4;
const ROW = 22;
const LEFT = 18;
const TOP = 58;
const COLOURS = {
  plain: '#e6edf3',
  dim: '#8b949e',
  good: '#7ee787',
  bad: '#ff7b72',
  strong: '#79c0ff',
};

/**
 * @typedef {object} Part
 * @property {number} column where it begins, in characters
 * @property {string} text
 * @property {keyof typeof COLOURS} colour
 */

/**
 * @typedef {object} Line
 * @property {number} atMs when it appears
 * @property {readonly Part[]} parts
 */

/**
 * @param {object} session
 * @param {string} session.title
 * @param {string} session.description for readers who do not see it
 * @param {number} session.columns
 * @param {readonly Line[]} session.lines
 */
export function terminalSvg({ title, description, columns, lines }) {
  const width = Math.ceil(LEFT * 2 + columns * COLUMN);
  const height = TOP + lines.length * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; }
g { animation: appear 0.2s both; }
@keyframes appear { from { opacity: 0; } }
@media (prefers-reduced-motion: reduce) { g { animation: none; } }
</style>
<rect width="${width}" height="${height}" rx="10" fill="#0d1117" stroke="#30363d"/>
${['#ff5f56', '#ffbd2e', '#27c93f'].map((fill, at) => `<circle cx="${LEFT + 6 + at * 20}" cy="20" r="6" fill="${fill}"/>`).join('\n')}
<text x="${width / 2}" y="25" fill="${COLOURS.dim}" text-anchor="middle">${escaped(title)}</text>
${lines.map(lineSvg).join('\n')}
</svg>
`;
}

/** @param {Line} line @param {number} row */
function lineSvg({ atMs, parts }, row) {
  const y = TOP + row * ROW;
  const texts = parts.map(
    ({ column, text, colour }) =>
      `<text x="${(LEFT + column * COLUMN).toFixed(1)}" y="${y}" fill="${COLOURS[colour]}">${escaped(text)}</text>`,
  );
  return `<g style="animation-delay:${(atMs / 1000).toFixed(2)}s">${texts.join('')}</g>`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
