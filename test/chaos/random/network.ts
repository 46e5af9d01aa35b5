import { TcpProxy } from '../../support/tcp-proxy.js';

/** Ways in which a pod's network may fail; see `TcpProxy`. */
export type Failure = 'swallow' | 'dropReplies' | 'hold' | 'refuse' | 'delay';

/** Everything between one pod and the servers it talks to: a proxy for each of them, which all fail together. */
export class Network {
  static async start(ports: readonly number[]): Promise<Network> {
    const proxies = new Map<number, TcpProxy>();
    for (const port of ports) proxies.set(port, await TcpProxy.start(port));
    return new Network(proxies);
  }

  private constructor(private readonly proxies: ReadonlyMap<number, TcpProxy>) {}

  /** The port at which the pod reaches the server of this port. */
  portOf(port: number): number {
    return this.proxies.get(port)?.port ?? port;
  }

  /** `delayMs` matters for `delay` only. */
  async fail(failure: Failure, delayMs: number): Promise<void> {
    await this.each(proxy => (failure === 'delay' ? proxy.delay(delayMs) : proxy[failure]()));
  }

  async pass(): Promise<void> {
    await this.each(proxy => proxy.pass());
  }

  /** Resets the connections that exist. */
  reset(): void {
    for (const proxy of this.proxies.values()) proxy.reset();
  }

  async close(): Promise<void> {
    await this.each(proxy => proxy.close());
  }

  private async each(change: (proxy: TcpProxy) => Promise<void>): Promise<void> {
    await Promise.all([...this.proxies.values()].map(change));
  }
}
