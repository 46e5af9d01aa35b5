/* The cost of the next date of a schedule: cron computes it with luxon, this package by itself. */
import { CronTime } from 'cron';

import { CronSchedule } from '../.build/modules/core/schedule/cron-schedule.js';
import { median, round } from './stats.mjs';

const SCHEDULES = [
  ['* * * * * *', undefined],
  ['*/5 * * * *', undefined],
  ['0 0 6 * * *', 'Europe/Berlin'],
  ['0 0 9 * * 1-5', 'America/New_York'],
];

/** @param {{ smoke: boolean }} context */
export async function dates({ smoke }) {
  return SCHEDULES.map(([expression, timeZone]) => {
    const cronTime = new CronTime(expression, timeZone);
    const schedule = CronSchedule.parse(expression, { timeZone });
    const [blocks, calls] = smoke ? [2, 100] : [15, 500];
    const samples = { cron: [], own: [] };
    for (let block = 0; block < blocks; block += 1) {
      samples.cron.push(micros(calls, () => cronTime.getTimeout()));
      samples.own.push(micros(calls * 10, index => schedule.next(Date.now() + index * 1000)));
    }
    const [cron, own] = [median(samples.cron), median(samples.own)];
    return {
      what: `the next date of ${expression}${timeZone ? ` in ${timeZone}` : ''}`,
      result: `${round(own)} µs; cron ${round(cron)} µs: ${round(cron / own)} times as much`,
      goal: '',
    };
  });
}

function micros(calls, compute) {
  const from = performance.now();
  for (let index = 0; index < calls; index += 1) compute(index);
  return ((performance.now() - from) / calls) * 1000;
}
