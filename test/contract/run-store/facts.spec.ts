import { describe, expect, it } from '@jest/globals';

import type { RunFacts } from '../../../lib/core/run/run-facts.js';
import { useLabs } from '../support/use-labs.js';
import { EVERYTHING, Lab, never, SHORT } from './lab.js';

const { adapters } = useLabs('runs', Lab.of);

/** The stores keep any facts: no script knows a name of theirs. */
const AT_CLAIM = { pod: 'p', text: 'β|"', number: -1.5, flag: true };
const LATER = { pod: 'q', text: '{"a":"\\|\n"}', added: '' };

const past = async (lab: Lab) => (await lab.history()).map(({ state, facts }) => [state, facts]);
const going = async (lab: Lab) =>
  (await lab.stores.history.running(never)).map(({ runId, facts }) => [runId, facts]);

/** A lab in which the pod of a run with these facts has crashed. */
async function crashed(openLab: () => Promise<Lab>, facts: RunFacts): Promise<Lab> {
  const lab = await openLab();
  await lab.claimOne(1, 'x', { facts }, SHORT);
  await lab.stores.pass(SHORT);
  return lab;
}

describe.each(adapters)('the facts of a run ($name)', ({ openLab }) => {
  it('are those of the claim while it runs', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x', { facts: AT_CLAIM });
    expect(await going(lab)).toEqual([['x', AT_CLAIM]]);
  });

  it('are those of the end once it has ended', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x', { facts: AT_CLAIM });
    await lab.finish(lab.run(1, 'x'), 'succeeded', EVERYTHING, LATER);
    expect(await past(lab)).toEqual([['succeeded', LATER]]);
    expect(await lab.stores.history.last('job', 'success', never)).toMatchObject({ facts: LATER });
  });

  it('are those of each claim where the tick does not run', async () => {
    const lab = await openLab();
    await lab.claim([
      lab.wish(1, 'x', { intent: 'missed', facts: AT_CLAIM }),
      lab.wish(2, 'y', { intent: 'skipped', facts: LATER }),
    ]);
    expect(await past(lab)).toEqual([
      ['skipped', LATER],
      ['missed', AT_CLAIM],
    ]);
  });

  it('stay those of the crashed pod when its run is abandoned', async () => {
    const lab = await crashed(openLab, AT_CLAIM);
    await lab.adopt(lab.run(1, 'x'), { wish: 'abandon', facts: LATER });
    expect(await past(lab)).toMatchObject([['abandoned', AT_CLAIM]]);
  });

  it('become those of the pod that recovers the run', async () => {
    const lab = await crashed(openLab, AT_CLAIM);
    await lab.adopt(lab.run(1, 'x'), { facts: LATER });
    expect(await going(lab)).toEqual([['new', LATER]]);
  });
});
