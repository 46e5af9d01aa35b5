import { describe, expect, it } from '@jest/globals';

import { BANNED, findWords, isChecked } from '../words/find-words.mjs';

const wordsIn = (file: string, text: string) => findWords(file, text).map(({ word }) => word);

/** Taken from the list, so that this file contains no banned word. */
const [PHRASE, NAME] = [BANNED.prose[0], BANNED.names[0]];
const phrase = PHRASE?.example ?? '';
const name = NAME?.parts[0] ?? '';

describe('the list of banned words', () => {
  it.each(BANNED.prose.map(rule => [rule.word, rule] as const))('finds "%s" in its example', (word, rule) =>
    expect(wordsIn('docs/a.md', rule.example)).toContain(word),
  );

  it.each(BANNED.prose.flatMap(rule => (rule.fine ?? []).map(text => [text, rule.word] as const)))(
    'finds nothing in "%s"',
    (text, word) => expect(wordsIn('docs/a.md', text)).not.toContain(word),
  );

  it.each(BANNED.names.map(rule => [rule.word, rule] as const))('finds "%s" in a name', (word, rule) => {
    const [part = ''] = rule.parts;
    const camel = part.replace(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase());
    expect(wordsIn('lib/a.ts', `class Old${camel} {}`)).toContain(word);
    expect(wordsIn(`lib/${part.replace(' ', '-')}.ts`, '')).toContain(word);
  });
});

describe('a banned phrase is found in', () => {
  it.each([
    ['a page', 'docs/limits.md', `# Limits\n\n${phrase}\n`],
    ['a row of a table', 'README.md', `| a | b |\n| - | - |\n| 1 | ${phrase} |\n`],
    ['an item of a list', 'docs/decisions/001-a.md', `- one\n- ${phrase}\n`],
    ['the section of the next release', 'CHANGELOG.md', `## 0.5.0\n\n${phrase}\n\n## 0.4.0\n`],
    ['a block comment', 'lib/a.ts', `/**\n * ${phrase}\n */\nexport const a = 1;`],
    ['a line comment', 'lib/a.ts', `const a = 1; // ${phrase}`],
    ['a comment at the end of a file', 'lib/a.ts', `const a = 1;\n// ${phrase}`],
    ['a text', 'lib/a.ts', `throw new Error('${phrase}');`],
    ['a template', 'lib/a.ts', `const a = \`\${b}: ${phrase} \${c}\`;`],
    ['a text of the command line', 'lib/cli/program.ts', `program.description("${phrase}");`],
    ['the help text of a metric', 'lib/metrics/a.ts', `new Gauge({ help: '${phrase}' });`],
    ['the name of a test', 'test/unit/a.spec.ts', `it('${phrase}', () => {});`],
    ['the name of a suite', 'test/unit/a.spec.ts', `describe.each(all)('${phrase}', () => {});`],
    ['a comment of a test', 'test/unit/a.spec.ts', `// ${phrase}\nit('works', () => {});`],
    ['a script of the simulator', 'test/simulation/a.mjs', `// ${phrase}`],
    ['a block comment of Lua', 'lib/a.lua', `--[[ ${phrase}\n]]\nreturn 1`],
    ['a line comment of Lua', 'lib/a.lua', `return 1 -- ${phrase}`],
    ['a text of Lua', 'lib/a.lua', `return redis.error_reply('${phrase}')`],
    ['the bench', 'bench/a.mjs', `console.log('${phrase}');`],
    ['the sample', 'sample-app/src/a.ts', `// ${phrase}`],
    ['an alert of the sample', 'sample-app/monitoring/alert-rules.yaml', `summary: ${phrase}`],
    ['a comment of YAML', 'sample-app/kubernetes/app.yaml', `kind: Deployment # ${phrase}`],
    ['the dashboard', 'sample-app/monitoring/grafana-dashboard.json', `{ "title": "${phrase}" }`],
    ['the image of the sample', 'sample-app/Dockerfile', `# ${phrase}`],
    ['the steps of CI', '.ci/run', `# ${phrase}`],
    ['the configuration of the tests', 'jest.config.mjs', `// ${phrase}`],
  ])('%s', (_, file, text) => {
    expect(isChecked(file)).toBe(true);
    expect(wordsIn(file, text)).toEqual([PHRASE?.word]);
  });
});

describe('a banned phrase is found', () => {
  const [two] = BANNED.prose.filter(({ pattern }) => /^by \w+$/.test(pattern));
  const broken = (lead: string) => (two?.pattern ?? '').replace(' ', `\n${lead}`);

  it.each([
    ['a page', 'docs/a.md', `A run ${broken('')}.`],
    ['a comment', 'lib/a.ts', `/**\n * A run ${broken(' * ')}.\n */`],
    ['line comments', 'lib/a.ts', `// A run ${broken('// ')}.`],
    ['Lua', 'lib/a.lua', `-- A run ${broken('-- ')}.`],
  ])('in %s where it goes on in the next line', (_, file, text) =>
    expect(wordsIn(file, text)).toEqual([two?.word]),
  );
});

describe('a banned name is found in', () => {
  it.each([
    ['a variable', 'lib/a.ts', `const ${name} = 1;`],
    ['a property', 'test/a.ts', `a.${name} = 1;`],
    ['a private member', 'lib/a.ts', `class A { #${name} = 1; }`],
    ['a script', 'bench/a.mjs', `export function ${name}() {}`],
    ['Lua', 'lib/a.lua', `local ${name} = 1`],
    ['code of a page', 'docs/a.md', `The class \`${name}\`.`],
    ['the name of a mutant', 'test/simulation/a.mjs', `mutant({ name: 'drop-${name}' });`],
    ['the key of a text', 'lib/a.ts', `const a = { '${name}': 1 };`],
  ])('%s', (_, file, text) => {
    expect(isChecked(file)).toBe(true);
    expect(wordsIn(file, text)).toEqual([NAME?.word]);
  });

  it('the name of a file', () =>
    expect(findWords(`lib/engine/${name}.ts`, '')).toMatchObject([{ kind: 'file name', line: 1 }]));
});

describe('a banned phrase is not searched in', () => {
  it.each([
    ['the table of renames', 'docs/migration.md', `<!-- renames -->\n| ${phrase} |\n<!-- /renames -->\n`],
    [
      'the test of that table',
      'test/support/documented-renames.ts',
      `export const DOCUMENTED_RENAMES = ['${phrase}'];\n`,
    ],
    ['releases that are out', 'CHANGELOG.md', `## 0.4.0\n\n${phrase}\n\n## 0.3.0\n\n${phrase}\n`],
    ['the path of an import', 'lib/a.ts', `import './${name}.js';`],
  ])('%s', (_, file, text) => expect(wordsIn(file, text)).toEqual([]));
});

it('says where a banned phrase stands', () =>
  expect(findWords('lib/a.ts', `const a = 1;\n\n// ${phrase}`)).toMatchObject([
    { file: 'lib/a.ts', line: 3, word: PHRASE?.word, use: PHRASE?.use },
  ]));
