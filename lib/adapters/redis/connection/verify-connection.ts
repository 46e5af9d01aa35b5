import { databaseOf, type Client } from './redis-client.js';
import { isForbidden } from './redis-errors.js';

/**
 * The first commands on a connection that carries scripts. ioredis ignores a failed SELECT and goes on in database 0:
 * the database is selected once more, and the answer counts. A key is read, which a server answers only when the
 * handshake has succeeded (in a Cluster: the node that has our keys). Rejects when anything but that right is missing.
 */
export async function verifyConnection(client: Client, key: string): Promise<void> {
  const database = databaseOf(client);
  const selected = database === 0 ? undefined : client.call('select', database);
  await Promise.all([selected, answers(client.call('pttl', key))]);
}

/** Resolves when a command was answered. Rejects when it was refused for another reason than an ACL. */
export async function answers(command: Promise<unknown>): Promise<void> {
  try {
    await command;
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
}
