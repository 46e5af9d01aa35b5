import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

/**
 * The errors of a compilation: those in the user's file and in the declarations of this package as texts, of others only
 * how many there are.
 *
 * @param {string} folder see `prepare`
 * @param {string} version of TypeScript
 * @param {string} set the installed packages
 * @param {{ resolution: string, module: string, user: string }} cell
 */
export function errorsIn(folder, version, set, { resolution, module, user }) {
  /** @type {typeof import('typescript')} */
  const ts = createRequire(join(folder, 'compilers/package.json'))(`typescript-${version}`);
  const root = join(folder, set);
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      module,
      moduleResolution: resolution,
      target: 'es2022',
      lib: ['es2023'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      esModuleInterop: true,
      types: ['node'],
      ...(resolution === 'node10' && version === '6.0' && { ignoreDeprecations: '6.0' }),
    },
    root,
  );
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => root;
  const program = ts.createProgram([join(root, user)], options, host);
  const found = [...errors, ...ts.getPreEmitDiagnostics(program)];
  const isOurs = (/** @type {import('typescript').Diagnostic} */ { file }) =>
    file === undefined ||
    !/\/node_modules\/(?!nestjs-leader-schedule\/)/.test(file.fileName.slice(root.length));
  const ours = found.filter(isOurs).map(error => {
    const text = ts.flattenDiagnosticMessageText(error.messageText, '\n  ');
    const line = error.file?.getLineAndCharacterOfPosition(error.start ?? 0).line;
    return error.file === undefined
      ? text
      : `${relative(root, error.file.fileName)}:${(line ?? 0) + 1} ${text}`;
  });
  return { ours, others: found.length - ours.length };
}
