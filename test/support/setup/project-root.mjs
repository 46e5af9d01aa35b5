import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, whatever the working directory is. */
export const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));
