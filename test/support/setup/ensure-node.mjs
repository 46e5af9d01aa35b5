const oldest = { major: 20, minor: 19 };

/**
 * Throws unless this process runs on Node 20.19 or newer: Nest 12 is published as ES modules only, and older
 * versions cannot `require` those.
 *
 * @param {string} [version] the version to judge, the running one by default
 */
export function ensureNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return;
  throw new Error(
    `Node ${oldest.major}.${oldest.minor} or newer is needed, this is ${version} (${process.execPath}).\n` +
      'Install a current Node (https://nodejs.org, or `nvm install 22`) and run the command again.',
  );
}
