import { Injectable, Logger } from '@nestjs/common';
import { LeaderService, type JobContext } from 'nestjs-leader-schedule';

const KEPT = 20;

/** Remembers what this pod ran and, when the demo is its parent, tells it. */
@Injectable()
export class Ledger {
  private readonly logger = new Logger(Ledger.name);
  private readonly runs: JobContext[] = [];

  constructor(leader: LeaderService) {
    leader.changes.subscribe(change => process.send?.({ type: 'leadership', isLeader: change.isLeader }));
  }

  note(context: JobContext): void {
    this.runs.unshift(context);
    this.runs.splice(KEPT);
    this.logger.log(`${context.job} ran its tick ${context.tick.toISOString()}`);
    process.send?.({ type: 'run', job: context.job, tick: context.tick.getTime() });
  }

  latest(): readonly JobContext[] {
    return this.runs;
  }
}
