import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The imports that the files of one folder, or one file, may import. Paths lie within `lib`. */
export interface Row {
  readonly path: string;
  /** Folders and files. `a/*.ts` stands for the files directly in `a`. */
  readonly imports: readonly string[];
  /** Folders, files and packages of which only types may be imported. */
  readonly types: readonly string[];
  /** `node:*` stands for all modules of Node. */
  readonly packages: readonly string[];
}

/** An import as the law judges it. */
export interface JudgedImport {
  /** A file in `lib`, or a package. */
  readonly to: string;
  readonly isOfTypes: boolean;
}

/** Reads the law from the table in docs/architecture.md. */
export function readLaw(): readonly Row[] {
  const page = readFileSync(join(process.cwd(), 'docs', 'architecture.md'), 'utf8');
  const section = /^## Rooms$([^]*?)^## /m.exec(page)?.[1] ?? '';
  const rows = section.split('\n').filter(line => line.startsWith('| `lib'));
  return rows.map(rowOf);
}

function rowOf(line: string): Row {
  const [path = '', , imports = '', types = '', packages = ''] = line.split('|').slice(1, -1);
  const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  return {
    path: names(path)[0]?.replace(/^lib\//, '') ?? '',
    imports: names(imports),
    types: names(types),
    packages: names(packages),
  };
}

/** The row for a file: the one with the longest path. */
export function rowFor(law: readonly Row[], file: string): Row | undefined {
  return law
    .filter(({ path }) => covers(path, file))
    .toSorted((a, b) => b.path.length - a.path.length)
    .at(0);
}

/** Whether the row allows the import. Files of the same folder are always allowed. */
export function allows({ path, imports, types, packages }: Row, { to, isOfTypes }: JudgedImport): boolean {
  const names = isOfTypes ? [...imports, ...types, ...packages] : [...imports, ...packages];
  return covers(path, to) || names.some(name => covers(name, to));
}

/** The names of a row that no import of its files needs, also a value where only types are imported. */
export function unusedNames(
  { path, imports, types, packages }: Row,
  made: readonly JudgedImport[],
): string[] {
  const needed = (names: readonly string[], isNeeded: (one: JudgedImport) => boolean): string[] =>
    names.filter(name => !made.some(one => isNeeded(one) && !covers(path, one.to) && covers(name, one.to)));
  return [
    ...needed(imports, ({ isOfTypes }) => !isOfTypes),
    ...needed(types, ({ isOfTypes }) => isOfTypes),
    ...needed(packages, () => true),
  ];
}

function covers(name: string, target: string): boolean {
  if (name.endsWith('*.ts')) {
    const folder = name.slice(0, -'*.ts'.length);
    return target.endsWith('.ts') && target.startsWith(folder) && !target.slice(folder.length).includes('/');
  }
  if (name.endsWith('*')) return target.startsWith(name.slice(0, -1));
  return target === name || target.startsWith(`${name}/`);
}
