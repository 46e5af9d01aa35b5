/** Options that choose scenarios, and those that change nothing about a scenario. */
const OF_THE_CALL = ['seeds', 'from', 'workers', 'trace', 'seed', 'scenario'];
/** Options from which a scenario follows that is not given itself. */
const OF_THE_SCENARIO = ['seconds', 'wishes', 'wishes-of'];
/** Options that need not be given. @type {Readonly<Record<string, string>>} */
const DEFAULTS = { seconds: '40', wishes: '{}' };

/**
 * The command that runs one scenario as a call of the simulator has run it, for a shell in the root of the project.
 *
 * @param {object} given the options of the call
 * @param {{ seed: string } | { scenario: string } | { from: string }} what a scenario is JSON
 */
export function replayOf(given, what) {
  const left = 'scenario' in what ? [...OF_THE_CALL, ...OF_THE_SCENARIO] : OF_THE_CALL;
  const kept = Object.entries(given).filter(
    ([name, value]) => value !== undefined && value !== DEFAULTS[name] && !left.includes(name),
  );
  const options = [...kept, ...Object.entries(what)].map(([name, value]) => `--${name} ${quoted(value)}`);
  return `node test/simulation/simulate.mjs ${options.join(' ')}`;
}

/** @param {string} text one word of a shell */
function quoted(text) {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
