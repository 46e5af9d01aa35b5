import { Injectable, Scope } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';

import { printAs } from '../core/errors/print-as.js';
import { lostMethods } from '../decorators/job-metadata.js';

export type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method of a provider or controller. */
export interface FoundMethod {
  readonly wrapper: InstanceWrapper;
  readonly isController: boolean;
  readonly key: string;
  readonly className: string;
  /** The module of the provider or controller. */
  readonly module: string;
  /** `Class.method`. */
  readonly name: string;
  /** The function, which carries the metadata of decorators. */
  readonly method: object;
}

/** All methods of an application's providers and controllers. */
@Injectable()
export class MethodScanner {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {
    // It holds all providers of the application, and what they hold.
    printAs(this, () => 'MethodScanner');
  }

  /** Each method once, though its provider may be known under several tokens. */
  *all(): Generator<FoundMethod> {
    const seen = new Set<object>();
    for (const wrapper of this.discovery.getProviders()) yield* this.methodsOf(wrapper, false, seen);
    for (const wrapper of this.discovery.getControllers()) yield* this.methodsOf(wrapper, true, seen);
  }

  /** Methods that were made jobs, and are not found as such, as `Class.method`. */
  *lost(): Generator<string> {
    const seen = new Set<object>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      for (let one = prototypeOf(wrapper); one !== undefined && !seen.has(one); one = parentOf(one)) {
        seen.add(one);
        for (const key of lostMethods(one)) yield `${className(wrapper, one)}.${key}`;
      }
    }
  }

  private *methodsOf(
    wrapper: InstanceWrapper,
    isController: boolean,
    seen: Set<object>,
  ): Generator<FoundMethod> {
    const prototype = prototypeOf(wrapper);
    const identity: unknown = isShared(wrapper) ? wrapper.instance : wrapper;
    if (prototype === undefined || typeof identity !== 'object' || identity === null || seen.has(identity))
      return;
    seen.add(identity);
    const found = {
      wrapper,
      isController,
      className: className(wrapper, prototype),
      module: wrapper.host?.name ?? 'an unknown module',
    };
    for (const key of this.scanner.getAllMethodNames(prototype)) {
      const method: unknown = prototype[key];
      if (typeof method === 'function') yield { ...found, key, name: `${found.className}.${key}`, method };
    }
  }
}

/** Whether there is one instance for all; of request-scoped and transient providers there are many. */
export function isShared(wrapper: InstanceWrapper): boolean {
  return wrapper.isDependencyTreeStatic() && wrapper.scope !== Scope.TRANSIENT;
}

function prototypeOf(wrapper: InstanceWrapper): Record<string, unknown> | undefined {
  if (isShared(wrapper)) {
    const instance: unknown = wrapper.instance;
    return typeof instance === 'object' && instance !== null
      ? ((Object.getPrototypeOf(instance) as Record<string, unknown> | null) ?? undefined)
      : undefined;
  }
  // A factory's product is not known before it is made.
  const isClass = typeof wrapper.metatype === 'function' && wrapper.inject == null;
  return isClass ? (wrapper.metatype as { prototype?: Record<string, unknown> }).prototype : undefined;
}

function parentOf(prototype: object): Record<string, unknown> | undefined {
  return (Object.getPrototypeOf(prototype) as Record<string, unknown> | null) ?? undefined;
}

function className(wrapper: InstanceWrapper, prototype: Record<string, unknown>): string {
  const constructor: unknown = prototype['constructor'];
  return typeof constructor === 'function' ? constructor.name : String(wrapper.name);
}
