import * as fc from 'fast-check';

import { type JobSet } from '../../lib/core/election/job-set.js';

const setJob = fc.record({
  schedule: fc.string(),
  settings: fc.dictionary(fc.constantFrom('overlap', 'catchUp'), fc.string()),
  isStopped: fc.boolean(),
});
export const jobSet: fc.Arbitrary<JobSet> = fc.record({
  app: fc.constantFrom('', 'one', 'two'),
  version: fc.string(),
  jobs: fc.array(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), setJob)).map(list => new Map(list)),
});
