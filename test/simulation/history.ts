/** One call of a handler. Instants are true time, ms since the beginning. */
export interface Call {
  readonly job: string;
  readonly tick: number;
  readonly runId: string;
  readonly attempt: number;
  readonly token: number;
  readonly manual: boolean;
  /** The request that it answers; `undefined`: none. */
  readonly request: string | undefined;
  readonly recovering: boolean;
  /** The process that called it: a pod of a certain boot. */
  readonly process: string;
  readonly startedAtMs: number;
  /** By the clock of the Redis that counted then, Unix ms. */
  readonly serverAt: number;
  readonly signal: AbortSignal;
  /** When its signal aborted. */
  abortedAtMs?: number;
  /** When its handler settled. */
  endedAtMs: number | undefined;
  /** When its pod said that the run has ended, though the handler goes on. */
  givenUpAtMs?: number;
}

/** When a call was over for its pod, whose handler may go on after it was given up; `Infinity`: it is not. */
export function endOfCall({ endedAtMs = Infinity, givenUpAtMs = Infinity }: Call): number {
  return Math.min(endedAtMs, givenUpAtMs);
}

/** When the handler of a call settled; of one that has not, when it was given up; `Infinity`: it goes on. */
export function overAtMs({ endedAtMs, givenUpAtMs }: Call): number {
  return endedAtMs ?? givenUpAtMs ?? Infinity;
}

/** A term as its holder was notified of it. */
export interface TermStart {
  readonly token: number;
  readonly process: string;
  readonly atMs: number;
}

/** An event of an engine, as far as it says what became of a tick. */
export interface ReportedEvent {
  readonly type: string;
  readonly job: string;
  readonly tick: number;
  /** Of missed ticks: those after this instant. */
  readonly since: number | undefined;
  readonly runId: string | undefined;
  /** Why a tick was skipped; how a run ended that did not succeed. */
  readonly reason: string | undefined;
  readonly process: string;
  readonly atMs: number;
}

/** Redis lost something, or there were two of it. */
export interface Loss {
  readonly atMs: number;
  /** Transactions. */
  readonly count: number;
  /** A replica was promoted; otherwise a server lost its memory. */
  readonly isFailOver: boolean;
}

/** A rule that was broken. */
export interface Violation {
  readonly rule: string;
  readonly atMs: number;
  readonly what: string;
}

/** A user has started a job again that was stopped. */
export interface UserStart {
  readonly process: string;
  readonly job: string;
  /** By the clock of Redis, Unix ms. */
  readonly at: number;
}

/** The figures of a simulation. */
export interface Counters {
  /** By kind. */
  readonly faults: Record<string, number>;
  /** One for each kind that occurred: the sum over scenarios is how many had it. */
  readonly worlds: Record<string, number>;
  /** Ticks that fell due after their job was opened. */
  due: number;
  commands: number;
  calls: number;
  caughtUp: number;
  terms: number;
  /** By rule: what it judged, and what it had to leave out, by reason. */
  readonly rules: Record<string, Judged>;
}

/** How much a rule judged; what is counted (ticks, starts, runs) depends on the rule. */
export interface Judged {
  judged: number;
  readonly leftOut: Record<string, number>;
}

/** Everything that happened and that a check may want to know. */
export class History {
  readonly calls: Call[] = [];
  readonly terms: TermStart[] = [];
  /** When terms began by the clock of Redis, by their tokens. */
  readonly termSince = new Map<number, number>();
  readonly reported: ReportedEvent[] = [];
  readonly losses: Loss[] = [];
  readonly userStarts: UserStart[] = [];
  readonly violations: Violation[] = [];
  readonly counters: Counters = {
    faults: {},
    worlds: {},
    due: 0,
    commands: 0,
    calls: 0,
    caughtUp: 0,
    terms: 0,
    rules: {},
  };
  /** When a user last deleted the lease. */
  leaseDeletedAtMs = -Infinity;
  /**
   * Tokens of terms that Redis has forgotten, lease and term, while the connection of the leader stayed open; and when.
   * The leader does not know until it renews, and no other pod can know of it.
   */
  readonly forgottenTerms = new Map<number, number>();
  /** When the clock of Redis was set, and by how much; negative: back. */
  readonly clockSteps: { readonly atMs: number; readonly byMs: number }[] = [];
  /** Whether the clock of Redis was set back, and its memory of terms went. */
  clockSetBack = false;
  /** Lines for people, when they are wanted. */
  trace: string[] | undefined;

  constructor(private readonly now: () => number) {}

  /** A run has ended for its pod, whatever its handler does. */
  giveUp(runId: string): void {
    for (const call of this.calls)
      if (call.runId === runId && call.endedAtMs === undefined) call.givenUpAtMs ??= this.now();
  }

  note(line: () => string): void {
    this.trace?.push(`${this.now().toFixed(3).padStart(11)}  ${line()}`);
  }

  /** A rule judges something: to be called whether it holds or not. */
  judge(rule: string, count = 1): void {
    this.ruleOf(rule).judged += count;
  }

  /** A rule cannot judge something, and says why. */
  leaveOut(rule: string, why: string, count = 1): void {
    const { leftOut } = this.ruleOf(rule);
    leftOut[why] = (leftOut[why] ?? 0) + count;
  }

  private ruleOf(rule: string): Judged {
    return (this.counters.rules[rule] ??= { judged: 0, leftOut: {} });
  }

  violated(rule: string, what: string): void {
    this.violations.push({ rule, atMs: this.now(), what });
    this.note(() => `!!! ${rule}: ${what}`);
  }
}
