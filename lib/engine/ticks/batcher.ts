import type { Instant } from '../../core/election/instant.js';
import type { Clock } from '../../ports/clock.js';
import type { EngineErrors } from '../engine-errors.js';
import { isUnknown, type Unknown } from '../store-call.js';

/** So many questions go into one call: more would keep the store from answering others for long. */
const BATCH_SIZE = 250;
/** So many calls are under way at once; further questions wait here, where no time limit runs for them. */
const CALLS_AT_ONCE = 4;

/** An answer, and when it was asked for. */
export interface Answered<Answer> {
  readonly answer: Answer | Unknown;
  /** Before the question was written. */
  readonly askedAt: Instant;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answered: Answered<Answer>) => void;
}

/** Collects questions that come at one moment, and asks them together, in the order in which they came. */
export class Batcher<Question, Answer> {
  private readonly waiting: Waiting<Question, Answer>[] = [];
  private underWay = 0;
  private isFlushing = false;

  /**
   * @param send never rejects; answers in the order of the questions
   * @param groupOf questions of different groups do not go into one call
   */
  constructor(
    private readonly clock: Clock,
    private readonly errors: EngineErrors,
    private readonly send: (questions: readonly Question[]) => Promise<readonly Answer[] | Unknown>,
    private readonly groupOf: (question: Question) => unknown = () => undefined,
  ) {}

  /** Never rejects. */
  ask(question: Question): Promise<Answered<Answer>> {
    return new Promise(resolve => {
      this.waiting.push({ question, resolve });
      if (this.isFlushing) return;
      this.isFlushing = true;
      this.clock.immediate(() => {
        this.isFlushing = false;
        this.flush();
      });
    });
  }

  private flush(): void {
    while (this.underWay < CALLS_AT_ONCE && this.waiting.length > 0)
      this.errors.inBackground(this.call(this.nextBatch()));
  }

  private nextBatch(): Waiting<Question, Answer>[] {
    const [first] = this.waiting;
    const group = first && this.groupOf(first.question);
    const end = this.waiting.findIndex(
      ({ question }, index) => index === BATCH_SIZE || this.groupOf(question) !== group,
    );
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }

  private async call(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    this.underWay += 1;
    const askedAt = this.clock.now();
    const answers = await this.send(batch.map(({ question }) => question));
    this.underWay -= 1;
    this.flush();
    batch.forEach(({ resolve }, index) => {
      resolve({ answer: isUnknown(answers) ? answers : (answers[index] ?? MISSING), askedAt });
    });
  }
}

const MISSING: Unknown = { kind: 'unknown', cause: undefined };
