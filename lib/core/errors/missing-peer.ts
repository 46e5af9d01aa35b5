/*
 * The one check for a peer dependency that is not installed: @nestjs/config, @nestjs/event-emitter, @opentelemetry/api,
 * ioredis. Each is loaded by a dynamic import, whose error is given here.
 */
import { MissingPeerError } from './errors.js';

/**
 * For the `catch` of an import whose package is optional: answers `undefined` when the package is not installed, and
 * throws any other error.
 */
export function unlessMissing(peer: string): (error: unknown) => undefined {
  return error => {
    if (isMissingPeer(error, peer)) return undefined;
    throw error;
  };
}

/**
 * The error to throw when a package that is needed could not be loaded: `MissingPeerError` when it is not installed,
 * otherwise the cause.
 */
export function peerError(cause: unknown, peer: string, advice: Advice): unknown {
  return isMissingPeer(cause, peer) ? new MissingPeerError({ ...advice, cause }) : cause;
}

interface Advice {
  readonly problem: string;
  readonly remedy: string;
}

const CODES = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

/**
 * Whether an import failed because this package is not installed. Judged by code and message: the resolver of a test
 * runner may throw an error of another realm, which is no instance of this realm's Error.
 */
export function isMissingPeer(error: unknown, peer: string): boolean {
  if (typeof error !== 'object' || error === null || !('message' in error)) return false;
  const { message } = error;
  const code = 'code' in error ? error.code : undefined;
  const isFitting = code === undefined || (typeof code === 'string' && CODES.includes(code));
  return isFitting && typeof message === 'string' && isNamed(peer, message);
}

function isNamed(peer: string, message: string): boolean {
  return ['package', 'module'].some(kind => message.startsWith(`Cannot find ${kind} '${peer}'`));
}
