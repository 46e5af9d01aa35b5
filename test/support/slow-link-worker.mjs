/**
 * The worker of a `SlowLink`: hands on each piece of each connection after a delay.
 */
import { connect, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** @type {{ port: number, delayMs: number }} */
const { port, delayMs } = workerData;

/**
 * @param {import('node:net').Socket} from
 * @param {import('node:net').Socket} to
 */
function handOn(from, to) {
  to.setNoDelay();
  // Timers of one length fire in order.
  from.on('data', piece => setTimeout(() => to.write(piece), delayMs));
  from.on('close', () => setTimeout(() => to.destroy(), delayMs));
  from.on('error', () => undefined);
}

const server = createServer(client => {
  const upstream = connect(port, '127.0.0.1');
  handOn(client, upstream);
  handOn(upstream, client);
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage(server.address()));
