/** @param {readonly number[]} samples @param {number} share between 0 and 1 */
export function percentile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** @param {readonly number[]} samples */
export function median(samples) {
  return percentile(samples, 0.5);
}

/** @param {readonly number[]} samples @param {string} unit */
export function spread(samples, unit) {
  const [p50, p99] = [median(samples), percentile(samples, 0.99)];
  const [min, max] = [Math.min(...samples), Math.max(...samples)];
  return `p50 ${round(p50)} ${unit}, p99 ${round(p99)}, min ${round(min)}, max ${round(max)} (n = ${samples.length})`;
}

/** The same without the least and the number. @param {readonly number[]} samples @param {string} unit */
export function shortSpread(samples, unit) {
  const [p50, p99] = [median(samples), percentile(samples, 0.99)];
  return `p50 ${round(p50)} ${unit}, p99 ${round(p99)}, max ${round(Math.max(...samples))}`;
}

/** @param {number} value */
export function round(value) {
  return Number(value.toPrecision(Math.abs(value) < 10 ? 2 : 3));
}
