/** The machine's monotonic clock in milliseconds: one and the same for all its processes. */
export function mono(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
