const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
/** @param {number} code @param {string} text */
const paint = (code, text) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = (/** @type {string} */ text) => paint(1, text);
export const dim = (/** @type {string} */ text) => paint(2, text);
const green = (/** @type {string} */ text) => paint(32, text);
const red = (/** @type {string} */ text) => paint(31, text);
const yellow = (/** @type {string} */ text) => paint(33, text);

const WIDTH = 30;

/**
 * Draws who leads and who ran which tick: in place on a terminal, one line a second elsewhere.
 *
 * @param {readonly import('./pods.mjs').Pod[]} pods
 * @param {import('./ledger.mjs').Ledger} ledger
 * @param {boolean} inPlace
 */
export function createView(pods, ledger, inPlace) {
  let drawn = 0;
  const erase = () => {
    if (inPlace && drawn > 0) process.stdout.write(`\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  return {
    /** @param {string} text */
    say(text) {
      erase();
      console.log(text);
    },
    draw() {
      const now = Math.floor(Date.now() / 1000) * 1000;
      if (!inPlace) {
        const tick = now - 1000;
        const who = ledger.runs.get(tick)?.join(' + ') ?? '–';
        console.log(`  ${clock(tick)}  ${pods.map(label).join('  ')}  ran: ${who}`);
        return;
      }
      erase();
      const lines = pods.map(pod => `  ${label(pod)}  ${strip(pod, now)}`);
      console.log(lines.join('\n'));
      drawn = lines.length;
    },
  };

  /** @param {import('./pods.mjs').Pod} pod @param {number} now */
  function strip(pod, now) {
    return Array.from({ length: WIDTH }, (_, column) => {
      const pods_ = ledger.runs.get(now - (WIDTH - 1 - column) * 1000) ?? [];
      if (!pods_.includes(pod.name)) return dim('·');
      return pods_.length > 1 ? red('✖') : green('●');
    }).join('');
  }
}

/** @param {import('./pods.mjs').Pod} pod */
function label(pod) {
  const state = pod.state === 'running' ? (pod.isLeader ? 'leads' : 'follows') : pod.state;
  const text = `${pod.name} ${state.padEnd(7)}`;
  if (pod.state !== 'running') return yellow(text);
  return pod.isLeader ? bold(green(text)) : text;
}

/** @param {number} at Unix ms */
function clock(at) {
  return new Date(at).toISOString().slice(11, 19);
}

/** @param {readonly import('./ledger.mjs').Row[]} rows */
export function table(rows) {
  const total = rows.reduce(
    (sum, row) => ({
      ...sum,
      due: sum.due + row.due,
      once: sum.once + row.once,
      doubled: sum.doubled + row.doubled,
      missed: sum.missed + row.missed,
      delay: Math.max(sum.delay, row.delay),
    }),
    { name: 'in all', due: 0, once: 0, doubled: 0, missed: 0, delay: 0, failover: '' },
  );
  const line = (/** @type {readonly (string | number)[]} */ cells) =>
    `  ${cells.map((cell, column) => (column === 0 ? String(cell).padEnd(34) : String(cell).padStart(column >= 5 ? 12 : 9))).join('')}`;
  return [
    bold(line(['', 'due', 'once', 'doubled', 'missed', 'latest by', 'fail-over'])),
    ...[...rows, total].map(row =>
      line([row.name, row.due, row.once, row.doubled, row.missed, `${row.delay} ms`, row.failover]),
    ),
  ].join('\n');
}
