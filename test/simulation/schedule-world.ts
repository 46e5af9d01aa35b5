import type { JobPlan, PodPlan, Scenario } from './scenario.js';
import { Random } from './world/random.js';

/** Other schedules of some jobs, on pods that boot from then on. */
export interface OtherSchedules {
  /** Ms since the beginning. */
  readonly fromMs: number;
  /** By name of the job. */
  readonly crons: Readonly<Record<string, string>>;
}

/** `update`: as in a rolling update, pods of another version have other schedules of some jobs. */
export type ScheduleWorld = 'update' | 'none';

/** Schedules of which some ticks are those of others, and some are not. */
export const OTHER_CRONS = ['*/2 * * * * *', '*/3 * * * * *', '1/5 * * * * *', '*/10 * * * * *', '@every 3s'];

type Scene = Omit<Scenario, 'faults'>;

/** Schedules differ by pod in every tenth scenario; the others stay as they are. */
export function scheduleWorldOf(seed: number): ScheduleWorld {
  return seed % 10 === 0 ? 'update' : 'none';
}

/** The last pods have the new schedules, others have them when they are started again: some at once, some later. */
export function withSchedules(scene: Scene, world: ScheduleWorld): Scene {
  const { jobs, pods, quietAtMs, seed } = scene;
  const changing = jobs.filter(isRecurring);
  if (world === 'none' || pods.length < 2 || changing.length === 0) return scene;
  const random = new Random(seed ^ 0x5ced);
  const crons = Object.fromEntries(
    changing.slice(0, random.integer(1, 2)).map(({ name, cron }) => [name, otherCron(random, cron)]),
  );
  const first = random.integer(1, pods.length - 1);
  const updated = pods.map((pod, index): PodPlan => {
    const fromMs = index >= first ? 0 : Math.round(random.uniform(0.2, 1.5) * quietAtMs);
    return { ...pod, schedules: { fromMs, crons } };
  });
  return { ...scene, pods: updated };
}

/** Whether it is due again and again. */
export function isRecurring({ cron }: JobPlan): boolean {
  return !/^(\d{4}-|@timeout)/.test(cron);
}

function otherCron(random: Random, cron: string): string {
  return random.pick(OTHER_CRONS.filter(other => other !== cron));
}
