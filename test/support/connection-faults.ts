import type { TcpProxy } from './tcp-proxy.js';

/** A way in which a network or a server may fail. */
export interface ConnectionFault {
  readonly name: string;
  readonly begin: (proxy: TcpProxy) => Promise<unknown>;
  /** `recovers`: after it has ended; `recovers during it`; `unharmed`: while it lasts. */
  readonly effect: 'recovers' | 'recovers during it' | 'unharmed';
}

/** Half of what a reply then takes, ms. */
const SLOW_WAY_MS = 150;

/** Every fault, by the order in which it is reported. */
export const CONNECTION_FAULTS: readonly ConnectionFault[] = [
  { name: 'accept and close', begin: proxy => proxy.turnAway('close'), effect: 'recovers' },
  { name: 'accept and stay silent', begin: proxy => proxy.turnAway('silent'), effect: 'recovers' },
  { name: 'reset', begin: proxy => proxy.turnAway('reset'), effect: 'recovers' },
  {
    name: 'error line',
    begin: proxy => proxy.turnAway({ line: '-ERR max number of clients reached\r\n' }),
    effect: 'recovers',
  },
  {
    name: 'close after the handshake',
    begin: proxy => proxy.turnAway('close-after-reply'),
    effect: 'recovers',
  },
  { name: 'half-open', begin: proxy => proxy.halfOpen(), effect: 'recovers during it' },
  { name: 'slow', begin: proxy => proxy.delay(SLOW_WAY_MS), effect: 'unharmed' },
];
