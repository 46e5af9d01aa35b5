import { Injectable, Logger } from '@nestjs/common';
import { LeaderService, type JobContext } from 'nestjs-leader-schedule';

const KEPT = 20;

type Ran = Pick<JobContext, 'job' | 'tick' | 'runId' | 'attempt' | 'catchUp'>;

/** Remembers what this pod ran and, when the demo is its parent, tells it. */
@Injectable()
export class Ledger {
  private readonly logger = new Logger(Ledger.name);
  private readonly runs: Ran[] = [];

  constructor(leader: LeaderService) {
    leader.changes.subscribe(change => process.send?.({ type: 'leadership', isLeader: change.isLeader }));
  }

  note(context: JobContext): void {
    const { job, tick, runId, attempt, catchUp } = context;
    this.runs.unshift({ job, tick, runId, attempt, catchUp });
    this.runs.splice(KEPT);
    this.logger.log(`${context.job} ran its tick ${context.tick.toISOString()}`);
    process.send?.({ type: 'run', job: context.job, tick: context.tick.getTime() });
  }

  latest(): readonly Ran[] {
    return this.runs;
  }
}
