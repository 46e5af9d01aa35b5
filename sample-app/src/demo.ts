import type { INestApplication } from '@nestjs/common';
import { LeaderService } from 'nestjs-leader-schedule';

import { Ledger } from './ledger.js';

/** The demo starts pods as its children: they tell it what they do, and must not outlive it. */
export function tellParent(app: INestApplication): void {
  const tell = (message: object): void => void process.send?.(message);
  app.get(LeaderService).changes.subscribe(({ isLeader }) => tell({ type: 'leadership', isLeader }));
  app.get(Ledger).noted.subscribe(({ job, tick }) => tell({ type: 'run', job, tick: tick.getTime() }));
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
