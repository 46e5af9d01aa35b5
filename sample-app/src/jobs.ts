import { Injectable } from '@nestjs/common';
import { CronExpression, LeaderCron, type JobContext } from 'nestjs-leader-schedule';

import { Ledger } from './ledger.js';

/** Two jobs that must not run once per replica. */
@Injectable()
export class Jobs {
  constructor(private readonly ledger: Ledger) {}

  @LeaderCron(CronExpression.EVERY_SECOND, { name: 'invoices' })
  sendInvoices(context: JobContext): void {
    this.ledger.note(context);
  }

  @LeaderCron('0 */10 * * * *', { name: 'clean-up', timeZone: 'Europe/Berlin', waitForCompletion: true })
  cleanUp(context: JobContext): void {
    this.ledger.note(context);
  }
}
