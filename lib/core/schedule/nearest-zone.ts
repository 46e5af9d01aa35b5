import { nearestName } from '../errors/nearest-name.js';

/** The zone that a mistyped name may have been meant to be; `undefined`: none is near, or the name is one of a zone. */
export function nearestZone(written: string | undefined): string | undefined {
  if (written === undefined || isZone(written)) return undefined;
  return nearestName(written, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format() !== '';
  } catch {
    return false;
  }
}
