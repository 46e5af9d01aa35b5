import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { buildCommit, RELEASE_0_3 } from '../test/support/setup/build-commit.mjs';
import { projectRoot } from '../test/support/setup/project-root.mjs';
import { PLAIN, Project } from './installed.mjs';

/**
 * Installs the packed package beside Nest and @nestjs/schedule: the space on disk (`du`) and the packages that this adds,
 * and the dependencies that it names; beside 0.3.0.
 */
export async function install() {
  const former = await buildCommit(RELEASE_0_3);
  const [ours, theirs] = [await added(projectRoot), await added(former.folder)];
  former.remove();
  const says = ({ kib, packages, dependencies }) =>
    `${kib} KiB, ${packages} packages, ${dependencies} dependencies`;
  return [
    {
      what: 'installing it adds to Nest and @nestjs/schedule',
      result: `${says(ours)}; 0.3.0 ${says(theirs)}: ${(ours.kib / theirs.kib).toFixed(2)} times`,
      goal: '≤ 0.5 times, ≤ 6 dependencies',
    },
  ];
}

async function added(folder) {
  const project = new Project();
  await project.install(...PLAIN);
  const before = project.sizeOfPackages();
  await project.installPacked(folder);
  const after = project.sizeOfPackages();
  project.remove();
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return {
    kib: after.kib - before.kib,
    packages: after.packages - before.packages,
    dependencies: Object.keys(dependencies).length,
  };
}
