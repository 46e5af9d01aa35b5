import { expect, it } from '@jest/globals';
import * as ioredis from 'ioredis';
import * as ioredis54 from 'ioredis-5.4';
import * as ioredis57 from 'ioredis-5.7';
import * as ioredis58 from 'ioredis-5.8';
import * as ioredis511 from 'ioredis-5';

import { runCell, type Library, type Topology } from '../support/connection-cell.js';
import { CONNECTION_FAULTS } from '../support/connection-faults.js';
import { describeWithRedis } from '../support/describe-with-redis.js';

const LIBRARIES: readonly (readonly [version: string, library: unknown])[] = [
  ['5.4', ioredis54],
  ['5.7', ioredis57],
  ['5.8', ioredis58],
  ['5.11', ioredis511],
  ['6.0', ioredis],
];

/** In every test run: what differs most. `npm run test:matrix` runs all. */
const isInEveryRun = (version: string, topology: Topology, fault: string): boolean =>
  topology === 'single'
    ? version === '5.11' || version === '6.0'
    : fault === 'accept and close' && version === (topology === 'Sentinel' ? '5.11' : '6.0');

const isAll = process.env['CONNECTION_MATRIX'] === 'all';
const groups = LIBRARIES.flatMap(([version, library]) =>
  (['single', 'Sentinel', 'Cluster'] as const).map(topology => ({
    version,
    library: library as Library,
    topology,
    faults: CONNECTION_FAULTS.filter(({ name }) => isAll || isInEveryRun(version, topology, name)),
  })),
).filter(({ faults }) => faults.length > 0);

describeWithRedis('a pod competes, claims and receives signals soon after a fault of its connections', () => {
  // The faults at once: pods mostly wait.
  it.each(groups)(
    'ioredis $version, $topology',
    async ({ version, library, topology, faults }) => {
      const cells = await Promise.all(
        faults.map(async fault => {
          const failure = await runCell(library, topology, fault).catch((error: unknown) => String(error));
          if (isAll) console.info(`cell|${version}|${topology}|${fault.name}|${failure ?? fault.effect}`);
          return [fault.name, failure ?? fault.effect];
        }),
      );
      expect(cells).toEqual(faults.map(({ name, effect }) => [name, effect]));
    },
    60_000,
  );
});
