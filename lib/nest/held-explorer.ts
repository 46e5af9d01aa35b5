/** The parts of an explorer of @nestjs/schedule, 6 and 12, that are taken over. */
export interface Explorer {
  /** Its onModuleInit calls this. */
  explore: () => void;
  lookupSchedulers: (instance: unknown, key: string) => unknown;
  warnForNonStaticProviders: (wrapper: unknown, instance: unknown, key: string) => unknown;
}

/** Whether it has these parts. */
export function isExplorer(value: unknown): value is Explorer {
  return ['explore', 'lookupSchedulers', 'warnForNonStaticProviders'].every(
    name => typeof Reflect.get(Object(value) as object, name) === 'function',
  );
}

/** A method of an instance. */
export interface MethodOfInstance {
  readonly instance: unknown;
  readonly key: string;
}

/** An explorer that waits until it is released, and then leaves methods out. */
export class HeldExplorer {
  private isWaiting = false;
  private readonly leftOut = new Map<unknown, Set<string>>();

  constructor(
    readonly module: object,
    private readonly explorer: Explorer,
  ) {
    // Hides the method of its class.
    explorer.explore = () => (this.isWaiting = true);
  }

  /** Explores, if it was about to, without these methods. */
  release(without: readonly MethodOfInstance[]): void {
    Reflect.deleteProperty(this.explorer, 'explore');
    if (without.length > 0) this.leaveOut(without);
    if (this.isWaiting) this.explorer.explore();
    this.isWaiting = false;
  }

  /** Whether it came to this method, and left it out. */
  hasLeftOut(instance: unknown, key: string): boolean {
    return this.leftOut.get(instance)?.has(key) === true;
  }

  private leaveOut(without: readonly MethodOfInstance[]): void {
    const keys = new Map<unknown, Set<string>>();
    for (const { instance, key } of without) add(keys, instance, key);
    const isLeftOut = (instance: unknown, key: string): boolean => {
      if (keys.get(instance)?.has(key) !== true) return false;
      add(this.leftOut, instance, key);
      return true;
    };
    const { explorer } = this;
    const { lookupSchedulers, warnForNonStaticProviders } = explorer;
    explorer.lookupSchedulers = (instance, key) =>
      isLeftOut(instance, key) ? undefined : lookupSchedulers.call(explorer, instance, key);
    explorer.warnForNonStaticProviders = (wrapper, instance, key) =>
      isLeftOut(instance, key) ? undefined : warnForNonStaticProviders.call(explorer, wrapper, instance, key);
  }
}

function add(keys: Map<unknown, Set<string>>, instance: unknown, key: string): void {
  keys.set(instance, (keys.get(instance) ?? new Set()).add(key));
}
