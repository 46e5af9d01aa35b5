/** `npm run picture`: records a fail-over and writes it to docs/fail-over.svg, the picture of the README. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../../test/support/setup/project-root.mjs';
import { playFailOver } from './fail-over.mjs';
import { terminalSvg } from './terminal-svg.mjs';

/** @typedef {import('./fail-over.mjs').Note} Note */
/** @typedef {import('./terminal-svg.mjs').Line} Line */

const FILE = join(projectRoot, 'docs/fail-over.svg');
const TIME_COLUMNS = 15;
const POD_COLUMNS = 26;

for (const command of [['scripts/build.mjs'], ['node_modules/typescript/bin/tsc', '-p', 'sample-app']])
  if (spawnSync(process.execPath, command, { cwd: projectRoot, stdio: 'inherit' }).status !== 0)
    throw new Error('The sample-app could not be compiled.');

const { names, notes } = await playFailOver();
const begin = notes[0]?.at ?? 0;
const killedAt = notes.find(({ what }) => what === 'killed')?.at ?? 0;
const lines = [heading(), ...notes.map(lineOf)];
writeFileSync(
  FILE,
  terminalSvg({
    title: 'three pods, one Redis, a job each second',
    description: notes.map(note => `${clock(note.at)} ${note.pod} ${words(note)}`).join('; '),
    columns: TIME_COLUMNS + names.length * POD_COLUMNS,
    lines,
  }),
);
for (const note of notes) console.log(clock(note.at), note.pod, words(note));
console.log(`Written: ${FILE}`);

/** @returns {Line} */
function heading() {
  const columns = names.map((name, at) => ({
    column: TIME_COLUMNS + at * POD_COLUMNS,
    text: name,
    colour: /** @type {const} */ ('strong'),
  }));
  return { atMs: 0, parts: [{ column: 0, text: 'time', colour: 'dim' }, ...columns] };
}

/** @param {Note} note @returns {Line} */
function lineOf(note) {
  const column = TIME_COLUMNS + names.indexOf(note.pod) * POD_COLUMNS;
  const colour = /** @type {const} */ ({ leads: 'good', killed: 'bad', ran: 'plain' })[note.what];
  return {
    atMs: note.at - begin + 500,
    parts: [
      { column: 0, text: clock(note.at), colour: 'dim' },
      { column, text: words(note), colour },
    ],
  };
}

/** @param {Note} note */
function words({ at, what, tick = 0 }) {
  if (what === 'killed') return '✗ kill -9';
  if (what === 'leads') return at < killedAt ? '★ leads' : `★ leads, ${seconds(at - killedAt)} later`;
  const late = at - tick < 100 ? '' : `, ${seconds(at - tick)} late`;
  return `● tick ${clock(tick).slice(0, 8)}${late}`;
}

/** @param {number} at */
function clock(at) {
  return new Date(at).toISOString().slice(11, 23);
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
