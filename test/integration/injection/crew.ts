import type { Cluster, Redis } from 'ioredis';

import { redisKeys, type RedisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { LeaderService, ScheduleModule, ScheduleService, type ScheduleEvent } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import type { Site } from './site.js';

const LEADER = { interval: '1s', ttl: '10s' };
/** A lease and what a busy machine needs on top. */
export const WITHIN = { within: 40_000, every: 50 };

/** Some applications with the same jobs under one name, and all that they do. */
export class Crew {
  readonly counts = new Map<string, number>();
  readonly events: ScheduleEvent[] = [];
  readonly doubles: string[] = [];
  readonly keys: RedisKeys;
  readonly redis: Redis | Cluster;
  private readonly apps: BootedApp[] = [];
  private readonly seen = new Set<string>();

  private constructor(site: Site, name: string) {
    this.keys = redisKeys(`scheduler:${name}:leader`);
    this.redis = site.connect();
  }

  static async of(
    site: Site,
    name: string,
    pods: number,
    jobs: readonly string[],
    schedule: string,
    leader = LEADER,
  ): Promise<Crew> {
    const crew = new Crew(site, name);
    for (let pod = 0; pod < pods; pod += 1) {
      const app = await bootApp({
        imports: [ScheduleModule.forRoot({ redis: site.input, appName: name, leader })],
      });
      crew.apps.push(app);
      const service = app.get(ScheduleService);
      service.events.subscribe(event => crew.events.push(event));
      for (const job of jobs) service.create(job, schedule, ({ tick }) => crew.note(job, tick.getTime()));
    }
    return crew;
  }

  get leader(): BootedApp | undefined {
    return this.apps.find(app => app.get(LeaderService).isLeader());
  }

  startsOf(job: string): number {
    return this.counts.get(job) ?? 0;
  }

  hasStarted(jobs: readonly string[], more: ReadonlyMap<string, number>): boolean {
    return jobs.every(job => this.startsOf(job) > (more.get(job) ?? 0));
  }

  /** Lets another pod lead. */
  async changeLeader(): Promise<void> {
    const leader = await eventually(() => this.leader, { ...WITHIN, what: 'a pod leads' });
    await leader.get(LeaderService).resign();
    await eventually(() => this.leader !== undefined && this.leader !== leader, {
      ...WITHIN,
      what: 'another pod leads',
    });
  }

  /** Whether a value was reported by one of the events from `since` on; any field of the key where it is `undefined`. */
  isValueReported(key: string, field: string | undefined, since: number): boolean {
    return this.events
      .slice(since)
      .some(
        event =>
          event.type === 'store.invalid' &&
          event.key === key &&
          (field === undefined || event.field === field),
      );
  }

  /** Whether a bad value of a key was reported, for one job or for any. */
  isReported(key: string, field: string, job?: string): boolean {
    return this.events.some(event =>
      event.type === 'store.invalid'
        ? event.key === key && event.field === field
        : (event.type === 'job.override-invalid' || event.type === 'job.blocked') && event.job === job,
    );
  }

  /** Reads all that is shown to people. Rejects where one bad value hides the rest. */
  async shown() {
    const service = this.apps[0]?.get(ScheduleService);
    const [jobs, status, runs] = await Promise.allSettled([
      service?.jobs(),
      service?.status(),
      service?.history(undefined, { limit: 20 }),
    ]);
    return {
      jobs: jobs.status === 'fulfilled' ? jobs.value?.length : String(jobs.reason),
      isStoreAvailable: status.status === 'fulfilled' && status.value?.isStoreAvailable,
      runs: runs.status === 'fulfilled' ? runs.value?.length : String(runs.reason),
    };
  }

  /** Terms that ended otherwise than wanted. */
  get lost(): string[] {
    return this.events.flatMap(event =>
      event.type === 'leader.lost' && event.reason !== 'resigned' && event.reason !== 'shutdown'
        ? event.reason
        : [],
    );
  }

  get outages(): string[] {
    return this.events.flatMap(event => (event.type === 'store.unavailable' ? String(event.cause) : []));
  }

  async close(): Promise<void> {
    await Promise.all(this.apps.map(app => app.close()));
    this.redis.disconnect();
  }

  private note(job: string, tick: number): void {
    const start = `${job} ${tick}`;
    if (this.seen.has(start)) this.doubles.push(start);
    this.seen.add(start);
    this.counts.set(job, this.startsOf(job) + 1);
  }
}
