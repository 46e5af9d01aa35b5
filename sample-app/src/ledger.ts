import { Injectable, Logger } from '@nestjs/common';
import type { JobContext } from 'nestjs-leader-schedule';
import { Subject } from 'rxjs';

const KEPT = 20;

type Ran = Pick<JobContext, 'job' | 'tick' | 'runId' | 'attempt' | 'catchUp'>;

/** Remembers what this pod ran. */
@Injectable()
export class Ledger {
  /** Each run, as it is noted. */
  readonly noted = new Subject<Ran>();

  private readonly logger = new Logger(Ledger.name);
  private readonly runs: Ran[] = [];

  note({ job, tick, runId, attempt, catchUp }: JobContext): void {
    const run = { job, tick, runId, attempt, catchUp };
    this.runs.unshift(run);
    this.runs.splice(KEPT);
    this.logger.log(`${job} ran its tick ${tick.toISOString()}`);
    this.noted.next(run);
  }

  latest(): readonly Ran[] {
    return this.runs;
  }
}
