import type { INestApplication } from '@nestjs/common';
import { LeaderService } from 'nestjs-leader-schedule';

import { Ledger } from './ledger.js';

/** The demo starts pods as its children: they report to it, and must not outlive it. */
export function reportToParent(app: INestApplication): void {
  const report = (message: object): void => void process.send?.(message);
  app.get(LeaderService).changes.subscribe(({ isLeader }) => report({ type: 'leadership', isLeader }));
  app.get(Ledger).noted.subscribe(({ job, tick }) => report({ type: 'run', job, tick: tick.getTime() }));
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
