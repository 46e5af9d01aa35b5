import type { RunCursor } from '../client/history-query.js';

const MAX_CURSOR = 2000;
const CURSOR = /^(\d{4}-[\dT:.-]{10,20}Z)\/(scheduled|manual)\/([^/]{0,200})\/([^]+)$/;

/** The entry after which the next page of a history begins, as one word of a shell where the job's name is one. */
export function formatCursor({ job, tick, runId, manual }: RunCursor): string {
  return `${tick.toISOString()}/${manual ? 'manual' : 'scheduled'}/${runId}/${job}`;
}

/** `undefined`: it is no such text. */
export function parseCursor(text: string): RunCursor | undefined {
  const parts = text.length <= MAX_CURSOR ? CURSOR.exec(text) : null;
  const [, instant, kind, runId, job] = parts ?? [];
  const tick = new Date(instant ?? '');
  if (runId === undefined || job === undefined || Number.isNaN(tick.getTime())) return undefined;
  return { job, tick, runId, manual: kind === 'manual' };
}
