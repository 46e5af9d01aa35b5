import type { Clock } from '../../ports/clock.js';
import type { FinishAnswer, FinishRequest, RunStore } from '../../ports/run-store.js';
import type { EngineErrors } from '../engine-errors.js';
import type { StoreCall } from '../store-call.js';

/** More ends in one call would keep the store from answering others for long. */
const ENDS_A_CALL = 250;
/** Further ends wait here, where no time limit runs for them. */
const CALLS_AT_ONCE = 4;

export interface EndQueueDeps {
  readonly runs: Pick<RunStore, 'finish'>;
  readonly storeCall: StoreCall;
  readonly clock: Clock;
  readonly errors: EngineErrors;
}

interface Question {
  readonly request: FinishRequest;
  readonly resolve: (answer: FinishAnswer | undefined) => void;
}

/** The ends of all runs that end at one moment are recorded in one call of the store. */
export class EndQueue {
  private readonly waiting: Question[] = [];
  private calls = 0;
  private isCollecting = false;
  private readonly flushLater = this.flush.bind(this);

  constructor(private readonly deps: EndQueueDeps) {}

  /** Resolves to the answer of the store, or to `undefined` when there was none. Never rejects. */
  record(request: FinishRequest): Promise<FinishAnswer | undefined> {
    return new Promise(resolve => {
      this.waiting.push({ request, resolve });
      if (this.isCollecting) return;
      this.isCollecting = true;
      this.deps.clock.immediate(this.flushLater);
    });
  }

  /** Sends what waits, in order. */
  private flush(): void {
    this.isCollecting = false;
    while (this.calls < CALLS_AT_ONCE && this.waiting.length > 0)
      this.deps.errors.inBackground(this.call(this.waiting.splice(0, ENDS_A_CALL)));
  }

  private async call(questions: readonly Question[]): Promise<void> {
    const { runs, storeCall } = this.deps;
    this.calls += 1;
    const requests: FinishRequest[] = [];
    for (const { request } of questions) requests.push(request);
    const answers = await storeCall.call(signal => runs.finish(requests, signal));
    this.calls -= 1;
    this.flush();
    for (const [index, { resolve }] of questions.entries())
      resolve('kind' in answers ? undefined : answers[index]);
  }
}
