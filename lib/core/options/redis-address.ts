/*
 * Why an address of Redis is invalid. The message must not show the address: in one that cannot be parsed the position
 * of the password is unknown. So it names the remedy, and no part of the address.
 */
import {
  clientProblem,
  clusterOptionsProblem,
  nodeOptionsProblem,
  serverOptionsProblem,
  urlOptionsProblem,
} from './redis-options.js';

const MAX_LENGTH = 2000;
const MAX_PORT = 65_535;

const ENCODE =
  "encode what is special in user name and password ('#' as %23, '/' as %2F, '?' as %3F, '@' as %40, '%' as %25)";

/** Of a URL; `undefined`: it can be used. */
export function urlProblem(url: string): string | undefined {
  if (url.length > MAX_LENGTH) return `Give a URL of at most ${MAX_LENGTH} characters`;
  if (!/^rediss?:\/\/\S+$/i.test(url)) return "Give a URL that begins with 'redis://' or 'rediss://'";
  const parsed = parse(url);
  if (parsed === undefined) return `Give a URL with a host and a port up to ${MAX_PORT}, and ${ENCODE}`;
  if (parsed.hash !== '' || /@/.test(parsed.pathname + parsed.search)) return `In the URL, ${ENCODE}`;
  return urlOptionsProblem(parsed);
}

/** Of options: of one server, with Sentinels, of a Cluster; `undefined`: they can be used. */
export function optionsProblem(options: object): string | undefined {
  const {
    sentinels,
    nodes,
    options: ofCluster,
  } = options as {
    readonly sentinels?: unknown;
    readonly nodes?: unknown;
    readonly options?: unknown;
  };
  return (
    clientProblem(options) ??
    serverProblem(options, 'it') ??
    serverOptionsProblem(options) ??
    listProblem(sentinels, 'sentinels', serverProblem) ??
    listProblem(nodes, 'nodes', nodeProblem) ??
    (nodes === undefined ? undefined : clusterOptionsProblem(ofCluster))
  );
}

/** `host:port` as it is written on a command line, or among the nodes of a Cluster; `undefined`: it is none. */
export function parseHostPort(text: string, defaultPort: number): HostPort | undefined {
  const [, six, name, written] =
    /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text.trim().slice(0, MAX_LENGTH)) ?? [];
  const host = six ?? name;
  const port = Number(written ?? defaultPort);
  return host === undefined || text.length > MAX_LENGTH || port > MAX_PORT ? undefined : { host, port };
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

function parse(url: string): URL | undefined {
  try {
    const parsed = new URL(url);
    // Clients of Redis decode them.
    decodeURIComponent(parsed.username + parsed.password);
    return parsed;
  } catch {
    return undefined;
  }
}

function listProblem(
  list: unknown,
  name: string,
  problemOf: (entry: unknown, where: string) => string | undefined,
): string | undefined {
  if (!Array.isArray(list)) return undefined;
  const entries: readonly unknown[] = list;
  for (const [at, entry] of entries.entries()) {
    const problem = problemOf(entry, `${name}[${at}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function nodeProblem(node: unknown, where: string): string | undefined {
  if (typeof node === 'object' && node !== null)
    return serverProblem(node, where) ?? nodeOptionsProblem(node);
  if (typeof node !== 'string') return undefined;
  if (/^\d{1,5}$/.test(node)) return undefined;
  const isUrl = node.slice(0, MAX_LENGTH).includes('://');
  const problem = isUrl ? urlProblem(node) : parseHostPort(node, 0) === undefined && 'Give host:port';
  return problem === undefined || problem === false
    ? undefined
    : `${problem}, in ${where}; a password belongs in options.redisOptions`;
}

function serverProblem(server: unknown, where: string): string | undefined {
  if (typeof server !== 'object' || server === null) return undefined;
  const { host, port } = server as { readonly host?: unknown; readonly port?: unknown };
  if (typeof host === 'string' && (host.length > MAX_LENGTH || /[\s/@]/.test(host)))
    return `Give as host of ${where} the name alone: port, user name and password have options of their own`;
  const isPort = port === undefined || port === null || (Number(port) >= 0 && Number(port) <= MAX_PORT);
  return isPort ? undefined : `Give as port of ${where} a number up to ${MAX_PORT}`;
}
