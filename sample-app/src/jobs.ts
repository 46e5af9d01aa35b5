import { Injectable } from '@nestjs/common';
import { CronExpression, LeaderCron, type JobContext } from 'nestjs-leader-schedule';

import { Ledger } from './ledger.js';

/** Two jobs that must not run once per replica. */
@Injectable()
export class Jobs {
  constructor(private readonly ledger: Ledger) {}

  /** Every tick counts: missed ones are caught up, oldest first. */
  @LeaderCron(CronExpression.EVERY_SECOND, { name: 'invoices', catchUp: 'all', retry: { attempts: 3 } })
  sendInvoices(context: JobContext): void {
    this.ledger.note(context);
  }

  /** The newest tick stands for all that were missed, and one that takes longer than its timeout is aborted. */
  @LeaderCron('0 */10 * * * *', { name: 'clean-up', timeZone: 'Europe/Berlin', timeout: '1m', recover: true })
  async cleanUp(context: JobContext): Promise<void> {
    this.ledger.note(context);
  }
}
