import type { ScheduleEvent } from '../../../lib/core/events.js';
import type { History } from '../history.js';

/** The order of one pod's terms: as its engine is called, and as its listeners are informed. */
export class TermOrder {
  /** Of the term that listeners were informed of, and whose end they were not. */
  private announced: number | undefined;
  private isEngineInTerm = false;

  constructor(
    private readonly process: string,
    private readonly history: History,
  ) {}

  /** The engine was called: a term began at `since`, or ended. */
  onEngine(since: number | undefined): void {
    if ((since !== undefined) === this.isEngineInTerm)
      this.violated(
        `its engine is notified that a term ${since === undefined ? 'ended' : 'began'} twice in a row`,
      );
    this.isEngineInTerm = since !== undefined;
  }

  /** A listener was informed. */
  onEvent(event: ScheduleEvent): void {
    if (event.type === 'leader.elected') {
      if (this.announced !== undefined)
        this.violated(`elected in a term, ${this.announced}, that has not ended`);
      this.announced = event.term.token;
    }
    if (event.type !== 'leader.lost') return;
    if (this.announced !== event.term.token) this.violated(`lost ${event.term.token} before elected`);
    this.announced = undefined;
  }

  private violated(what: string): void {
    this.history.violated('terms begin and end in order', `${this.process}: ${what}`);
  }
}
