import { beforeEach, describe, expect, it } from '@jest/globals';
import { HOUR, MINUTE, SECOND } from '../../support/durations.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let clock: VirtualClock;
let fired: string[];
beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2030, 0, 1));
  fired = [];
});

/** Sets a timer that notes its name and how late it fires. */
function set(name: string, delayMs: number) {
  const dueMono = clock.now().monoMs + Math.max(0, delayMs);
  return clock.timer(delayMs, () => fired.push(`${name}+${clock.now().monoMs - dueMono}`));
}

/** How far both clocks move during `move`. */
async function moved(move: () => void | Promise<void>) {
  const before = clock.now();
  await move();
  const after = clock.now();
  return { wallMs: after.wallMs - before.wallMs, monoMs: after.monoMs - before.monoMs };
}

describe('a virtual clock', () => {
  it('stands still until it is moved', async () => {
    const start = clock.now();
    await clock.advance(0);
    expect(start.wallMs).toBe(Date.UTC(2030, 0, 1));
    expect(clock.now()).toEqual(start);
  });

  it('advances wall and monotonic time alike', async () => {
    expect(await moved(() => clock.advance(1.5 * SECOND))).toEqual({
      wallMs: 1.5 * SECOND,
      monoMs: 1.5 * SECOND,
    });
  });

  it('fires timers late, in order, after a pause of the process', async () => {
    set('b', 20);
    set('a', 10);
    set('c', 101);
    expect(await moved(() => clock.pauseFor(100))).toEqual({ wallMs: 100, monoMs: 100 });
    expect(fired).toEqual(['a+90', 'b+80']);
  });

  it('moves only the wall clock while the machine is suspended', async () => {
    set('a', 10);
    expect(await moved(() => clock.suspendFor(MINUTE))).toEqual({ wallMs: MINUTE, monoMs: 0 });
    await clock.advance(9);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual(['a+0']);
  });

  it('lets the wall clock jump back', async () => {
    expect(await moved(() => clock.jumpWall(-HOUR))).toEqual({ wallMs: -HOUR, monoMs: 0 });
  });
});

describe('a move of a virtual clock', () => {
  it.each([-1, Infinity, NaN])('refuses to advance by %p', async ms => {
    await expect(clock.advance(ms)).rejects.toThrow(RangeError);
  });

  it('goes from timer to timer until that is enough, no further than it may', async () => {
    for (const ms of [10, 20, 30]) set(`${ms}`, ms);
    expect(await moved(() => clock.advanceUntil(() => fired.length === 2, 1000))).toMatchObject({
      monoMs: 20,
    });
    expect(await moved(() => clock.advanceUntil(() => false, 5))).toMatchObject({ monoMs: 0 });
    expect(await moved(() => clock.advanceUntil(() => false, 1000))).toMatchObject({ monoMs: 10 });
    expect(fired).toEqual(['10+0', '20+0', '30+0']);
  });

  it('does not go back when two moves overlap', async () => {
    set('a', 10);
    expect(await moved(async () => void (await Promise.all([clock.advance(50), clock.advance(20)])))).toEqual(
      {
        wallMs: 50,
        monoMs: 50,
      },
    );
  });

  it('does not overtake what goes on beside it', async () => {
    let left = 3;
    const beside = new VirtualClock(0, async () => {
      left -= 1;
      return left > 0;
    });
    const seen: number[] = [];
    beside.timer(1, () => seen.push(left));
    await beside.advance(1);
    expect(seen).toEqual([0]);
  });
});

describe('a timer of a virtual clock', () => {
  it('fires timers at their due time, in its order, and equal ones in the order they were set', async () => {
    set('c', 30);
    set('a', 10);
    set('b1', 20);
    set('b2', 20);
    await clock.advance(30);
    expect(fired).toEqual(['a+0', 'b1+0', 'b2+0', 'c+0']);
  });

  it('fires nothing that is due later, and keeps it pending', async () => {
    set('later', 11);
    await clock.advance(10);
    expect(fired).toEqual([]);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(fired).toEqual(['later+0']);
    expect(clock.pending).toBe(0);
  });

  it('fires no cancelled timer', async () => {
    const timer = set('never', 10);
    timer.cancel();
    expect(clock.pending).toBe(0);
    await clock.advance(10);
    timer.cancel();
    expect(fired).toEqual([]);
  });

  it('treats a negative delay as 0, and never fires an infinite one', async () => {
    set('negative', -5);
    set('never', Infinity);
    expect(clock.pending).toBe(1);
    await clock.advance(1000 * SECOND);
    expect(fired).toEqual(['negative+0']);
  });
});

describe('what goes on between the timers of a virtual clock', () => {
  it('lets long promise chains and macrotasks settle before the next timer', async () => {
    clock.timer(10, () => {
      void (async () => {
        for (let step = 0; step < 100; step += 1) await Promise.resolve();
        await new Promise(resolve => setImmediate(resolve));
        set('set by the chain', 5);
      })();
    });
    set('next', 20);
    await clock.advance(20);
    expect(fired).toEqual(['set by the chain+0', 'next+0']);
  });

  it('refuses a timer that sets itself again without a delay', async () => {
    const again = () => void clock.timer(0, again);
    again();
    await expect(clock.advance(1)).rejects.toThrow('without a delay');
  });

  it('wakes a sleeper at the end of that time, or with the reason of a signal', async () => {
    const life = new AbortController();
    const ended: unknown[] = [];
    void clock.sleep(10).then(() => ended.push('slept'));
    for (const signal of [life.signal, AbortSignal.abort('before')])
      clock.sleep(20, signal).catch((reason: unknown) => ended.push(reason));
    await clock.advance(10);
    life.abort('meanwhile');
    await clock.advance(50);
    expect(ended).toEqual(['before', 'slept', 'meanwhile']);
    expect(clock.pending).toBe(0);
  });
});
