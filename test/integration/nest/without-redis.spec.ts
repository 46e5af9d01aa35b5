import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';

import { LeaderCron, ScheduleModule } from '../../../lib/index.js';
import { freePort } from '../../support/free-port.js';
import { bootApp } from '../../support/nest-app.js';

@Injectable()
class Jobs {
  @LeaderCron('* * * * * *', { disabled: true })
  run() {}
}

/** As an end-to-end suite does: how long the close took, and what was logged. */
async function bootAndClose(port: number) {
  const redis = `redis://127.0.0.1:${port}`;
  const app = await bootApp({
    imports: [ScheduleModule.forRoot({ appName: 'e2e', redis })],
    providers: [Jobs],
  });
  const startedMono = performance.now();
  await app.close();
  return { closingMs: performance.now() - startedMono, lines: app.lines };
}

describe('an application whose jobs are all disabled, without a Redis', () => {
  it('logs no error, and closes in less than 200 ms', async () => {
    const port = await freePort();
    const closes = [await bootAndClose(port), await bootAndClose(port), await bootAndClose(port)];
    expect(closes.flatMap(({ lines }) => lines.filter(line => line.startsWith('error')))).toEqual([]);
    // The best of three: other specs run beside this one.
    expect(Math.min(...closes.map(({ closingMs }) => closingMs))).toBeLessThan(200);
  });
});
