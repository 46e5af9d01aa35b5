import { keys } from './checks/watch.js';
import type { Simulation } from './simulation.js';
import type { SimServer } from './world/sim-server.js';

/** Deletes keys, and notes which terms Redis has forgotten by that: those of which neither lease nor term is left. */
export function loseKeys({ redis: { master }, history, world }: Simulation, lost: readonly string[]): void {
  const { data } = master.double;
  const known = trustedTerms(master);
  for (const key of lost) data.delete(key);
  const left = trustedTerms(master);
  for (const token of known) if (!left.includes(token)) history.forgottenTerms.set(token, world.nowMs);
}

/** Tokens of the terms that a server knows and that have not ended: by the lease, by the term. */
function trustedTerms({ double: { data }, nowMs }: SimServer): number[] {
  const lease = data.value(keys.lease);
  const isHeld = typeof lease === 'string' && (data.expiresAt(keys.lease) ?? 0) > nowMs;
  const term = data.value(keys.term);
  const [token, expiresAt, resigned] = ['token', 'expiresAt', 'resigned'].map(field =>
    term instanceof Map ? term.get(field) : undefined,
  );
  // Garbage instead of the end is no end: the rest of the term still names its holder.
  const hasEnded = resigned === '1' || (/^\d+$/.test(expiresAt ?? '') && Number(expiresAt) <= nowMs);
  const tokens = [isHeld ? lease.slice(lease.lastIndexOf('|') + 1) : '', hasEnded ? '' : token];
  return tokens.filter(text => /^\d+$/.test(text ?? '')).map(Number);
}
