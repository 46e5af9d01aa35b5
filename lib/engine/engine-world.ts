import type { ElectionTiming } from '../core/election/timing.js';
import type { JobLogger } from '../core/job/job.js';
import type { PodFacts } from '../core/run/run-facts.js';
import type { CandidateStore } from '../ports/candidate-store.js';
import type { Clock } from '../ports/clock.js';
import type { InContext } from '../ports/context.js';
import type { ClusterStore, ControlStore, KeptFor } from '../ports/control-store.js';
import type { Entropy } from '../ports/entropy.js';
import type { LeaseStore } from '../ports/lease-store.js';
import type { RunStore } from '../ports/run-store.js';
import type { Ticker } from '../ports/ticker.js';
import type { JobRegistry } from './control/job-registry.js';
import type { StoreClock } from './election/store-clock.js';
import type { EngineErrors } from './engine-errors.js';
import type { EventBus } from './event-bus.js';
import type { RunEvent } from './runs/run-end.js';
import type { AroundCall } from './runs/checked-around.js';

/** The parts of an engine that come from outside. */
export interface EngineWorld {
  readonly podId: string;
  readonly pod: PodFacts;
  readonly timing: ElectionTiming;
  /** How long a candidate that resigned does not compete, and how late a tick may be found without being a missed one. */
  readonly restMs: number;
  readonly fastTakeover: boolean;
  readonly leaseStore: LeaseStore;
  readonly runStore: RunStore;
  readonly controlStore: ControlStore;
  readonly clusterStore: ClusterStore;
  /** Where pods publish which jobs they have; `undefined` where there is one pod. */
  readonly candidateStore?: CandidateStore | undefined;
  readonly ticker: Ticker;
  readonly jobs: JobRegistry;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventBus;
  /** @default one of its own */
  readonly errors?: EngineErrors;
  /** Where signals of the stores are handled. @default where they come from */
  readonly inContext?: InContext;
  readonly loggerOf: (job: string) => JobLogger;
  /** The time of the store, which the ticker uses too. @default one without an answer of the store */
  readonly storeClock?: StoreClock;
  /** How long after its start a pod starts missed ticks, crashed runs and requested runs. @default one interval */
  readonly openAfterMs?: number;
  /** How often the wall clock is compared with the monotonic one; `Infinity`: never. @default 10 seconds */
  readonly clockCheckMs?: number;
  /** The leader removes data of removed jobs once in this time, at most. @default one hour */
  readonly sweepEveryMs?: number;
  /** How long these data are kept. @default as long as the history of the job, at least 7 days */
  readonly keptFor?: KeptFor;
  /** Wraps each call of a handler. @default nothing */
  readonly around?: AroundCall;
  /** Called directly with each event of a run; must not throw. @default nothing */
  readonly onRun?: (event: RunEvent) => void;
}
