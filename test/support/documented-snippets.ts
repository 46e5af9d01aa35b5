import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A block of code in a page, under the marker that names it. */
export interface Snippet {
  readonly name: string;
  readonly language: string;
  readonly text: string;
}

/** The pages for users. */
export const PAGES: readonly string[] = ['README.md', ...pagesIn('docs')];

/** All pages, those for contributors as well. */
export const ALL_PAGES: readonly string[] = [
  ...PAGES,
  ...pagesIn('docs/decisions'),
  ...['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].filter(page => existsSync(page)),
];

function pagesIn(folder: string): readonly string[] {
  const pages = readdirSync(folder).filter(name => name.endsWith('.md'));
  return pages.map(page => `${folder}/${page}`);
}

export function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/<!-- snippet: (\w+) -->\s+```(\w+)\n(.*?)```/gs)].map(
    ([, name = '', language = '', block = '']) => ({ name, language, text: block }),
  );
}

/** Code in a page that is that of a file, which other tests compile and run. */
export function filesOf(page: string): readonly { readonly path: string; readonly text: string }[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/<!-- file: (\S+) -->\s+```\w+\n(.*?)```/gs)].map(([, path = '', block = '']) => ({
    path,
    text: block,
  }));
}

/** Blocks of code in a page, marked or not. */
export function blocksOf(page: string): readonly string[] {
  return readFileSync(page, 'utf8').match(/```(ts|yaml|diff)\n/g) ?? [];
}

/** The code before a change and after it, of a diff that shows all of it. */
function sidesOf(diff: string): { readonly before: string; readonly after: string } {
  const lines = diff.split('\n');
  const without = (sign: string) => lines.filter(line => !line.startsWith(sign)).map(line => line.slice(1));
  return { before: without('+').join('\n'), after: without('-').join('\n') };
}

/** Whether its packages are there: of the libraries that people leave not all are. */
function isInstalled(code: string): boolean {
  const packages = [...code.matchAll(/ from '((?:@[^/']+\/)?[^./'][^/']*)/g)].map(([, name = '']) => name);
  return packages.every(name => name === 'nestjs-leader-schedule' || existsSync(join('node_modules', name)));
}

/**
 * Writes the TypeScript of a page, of a diff both sides, into a folder below the project, where the package finds itself
 * by its name and Nest beside it, and where snippets find each other.
 */
export function writeSnippets(page: string): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(process.cwd(), '.build-readme-'));
  for (const { name, language, text } of snippetsOf(page)) {
    if (language === 'ts') writeFileSync(join(folder, `${name}.ts`), text);
    if (language !== 'diff') continue;
    const { before, after } = sidesOf(text);
    if (isInstalled(before)) writeFileSync(join(folder, `${name}_before.ts`), before);
    writeFileSync(join(folder, `${name}.ts`), after);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
