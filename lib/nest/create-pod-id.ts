import { hostname } from 'node:os';

import { oneLine } from '../core/errors/sanitize.js';
import type { Entropy } from '../ports/entropy.js';

/** The identity of this process among the candidates: pod or host name, process id, and a part that is new at every boot. */
export function createPodId(entropy: Entropy): string {
  const named = process.env['POD_NAME'] ?? '';
  const pod = named === '' ? hostname() : named;
  // A pod's name is shown wherever pods are: nothing in it moves a cursor or reorders a line.
  return `${oneLine(pod, 200).replace(/[|\s]/g, '-')}-${process.pid}-${entropy.id()}`;
}
