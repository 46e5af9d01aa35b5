import type { PageListener } from '../../ports/pages.js';
import type { RedisConnection } from './connection/redis-connection.js';
import type { Script } from './redis-scripts.js';
import { parseWords, serverTime } from './codec/script-reply.js';

const ENTRIES_A_PAGE = 500;

/** All entries of a key, and the server's time at the first page, Unix ms. */
export interface Entries {
  readonly now: number;
  /** As the pages brought them: one that was moved meanwhile may be there twice. */
  readonly words: readonly string[];
}

/** Reads a key that grows, page by page, by a script that answers where to go on. */
export async function readPages(
  connection: RedisConnection,
  script: Script,
  [key, ...args]: readonly [key: string, ...args: string[]],
  signal: AbortSignal,
  onPage: PageListener = () => undefined,
): Promise<Entries> {
  const words: string[] = [];
  for (let where = '0', now = 0; ; onPage()) {
    const reply = await connection.ask(script, [key], [where, ENTRIES_A_PAGE, ...args], signal);
    const [next = '0', ...page] = parseWords(reply);
    for (const word of page) words.push(word);
    now ||= serverTime(reply);
    where = next;
    if (where === '0' || signal.aborted) return { now, words };
  }
}
