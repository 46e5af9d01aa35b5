import type { Dice } from './dice.js';
import { seconds, someTime, type FaultKind, type Scene } from './fault-kind.js';
import type { RandomPod } from './random-pod.js';

/** Clocks are wrong by up to this much. */
export const MAX_CLOCK_OFFSET_MS = 3000;
/** A pod has this long to stop on request: its drain timeout (see `chaos-run.ts`), and closing. */
const STOP_MS = 15_000;

/** A clock that is right as often as it is wrong. */
export function someClockOffset(dice: Dice): number {
  const offsetMs = Math.round(dice.between(-MAX_CLOCK_OFFSET_MS, MAX_CLOCK_OFFSET_MS));
  return dice.sometimes(0.5) ? 0 : offsetMs;
}

export const POD_FAULTS: readonly FaultKind[] = [
  {
    kind: 'SIGKILL',
    weight: 4,
    on: 'pod',
    async inflict(scene) {
      const downMs = someTime(scene);
      scene.say(`back after ${seconds(downMs)}`);
      await scene.pod.kill();
      await backAfter(scene, downMs);
    },
  },
  {
    kind: 'SIGTERM',
    weight: 3,
    on: 'pod',
    async inflict(scene) {
      const downMs = someTime(scene);
      scene.say(`back after ${seconds(downMs)}`);
      await scene.pod.stop(STOP_MS);
      await backAfter(scene, downMs);
    },
  },
  {
    kind: 'SIGSTOP',
    weight: 5,
    on: 'pod',
    async inflict(scene) {
      const stillMs = someTime(scene);
      scene.say(`for ${seconds(stillMs)}`);
      scene.pod.pause();
      await scene.hold(stillMs);
      scene.pod.resume();
    },
  },
  {
    kind: 'SIGSTOP, then SIGKILL',
    weight: 1,
    on: 'pod',
    async inflict(scene) {
      const stillMs = someTime(scene);
      scene.say(`after ${seconds(stillMs)}`);
      scene.pod.pause();
      await scene.hold(stillMs);
      await scene.pod.kill();
      await backAfter(scene, 0);
    },
  },
  cut('partition, silent', 4, scene => scene.pod.network.fail('swallow', 0)),
  cut('partition, answers lost', 4, scene => scene.pod.network.fail('dropReplies', 0)),
  cut('partition, all delivered afterwards', 3, scene => scene.pod.network.fail('hold', 0)),
  cut('partition, refused', 3, scene => scene.pod.network.fail('refuse', 0)),
  {
    kind: 'slow network',
    weight: 1,
    on: 'pod',
    async inflict(scene) {
      const delayMs = Math.round(scene.dice.between(20, 300));
      const forMs = someTime(scene);
      scene.say(`${delayMs} ms each way for ${seconds(forMs)}`);
      await scene.pod.network.fail('delay', delayMs);
      await scene.hold(forMs);
      await scene.pod.network.pass();
    },
  },
  {
    kind: 'connections reset',
    weight: 2,
    on: 'pod',
    async inflict(scene) {
      scene.say('once');
      scene.pod.network.reset();
      await scene.hold(200);
    },
  },
  {
    kind: 'clock set',
    weight: 3,
    on: 'pod',
    async inflict(scene) {
      const offsetMs = Math.round(scene.dice.between(-MAX_CLOCK_OFFSET_MS, MAX_CLOCK_OFFSET_MS));
      const forMs = someTime(scene);
      scene.say(`by ${seconds(offsetMs)} for ${seconds(forMs)}`);
      scene.pod.setClock(offsetMs);
      await scene.hold(forMs);
      scene.pod.setClock(0);
    },
  },
  {
    kind: 'rolling replacement',
    weight: 1,
    on: 'pods',
    async inflict(scene) {
      scene.say('of all pods');
      for (const pod of scene.pods) {
        await pod.stop(STOP_MS);
        pod.start(someClockOffset(scene.dice));
        await pod.ready();
      }
    },
  },
  {
    kind: 'all pods killed',
    weight: 1,
    on: 'pods',
    async inflict(scene) {
      const downMs = someTime(scene);
      scene.say(`back after ${seconds(downMs)}`);
      await Promise.all(scene.pods.map(pod => pod.kill()));
      await scene.hold(downMs);
      for (const pod of scene.pods) pod.start(someClockOffset(scene.dice));
      await Promise.all(scene.pods.map((pod: RandomPod) => pod.ready()));
    },
  },
];

/** A pod is cut off. Afterwards its connections are reset, or left for it to find out that they are dead. */
function cut(kind: string, weight: number, fail: (scene: Scene) => Promise<void>): FaultKind {
  return {
    kind,
    weight,
    on: 'pod',
    async inflict(scene) {
      const forMs = someTime(scene);
      const ending = scene.dice.pick(['then reset', 'connections stay half-open'] as const);
      scene.say(`for ${seconds(forMs)}, ${ending}`);
      await fail(scene);
      await scene.hold(forMs);
      await scene.pod.network.pass();
      if (ending === 'then reset') scene.pod.network.reset();
    },
  };
}

async function backAfter(scene: Scene, downMs: number): Promise<void> {
  const clockOffsetMs = someClockOffset(scene.dice);
  await scene.hold(downMs);
  scene.pod.start(clockOffsetMs);
  await scene.pod.ready();
}
