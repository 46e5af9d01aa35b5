import { ensureBuilt } from '../setup/ensure-built.mjs';

/** The global setup of the specs that use the built package. */
export default function buildPackage() {
  ensureBuilt();
}
