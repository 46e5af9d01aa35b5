/*
 * The redactor: hides secrets in text and in values. All that this package prints, throws, records or emits has passed
 * it: errors when they are made (`errors.ts`, `error-facts.ts`), log lines, the output of the command line.
 */

const MAX_READ = 50_000;

/** Replaces a secret. */
export const HIDDEN = '***';

/** Names whose values are secret, however they are written: `redisPassword`, `REDIS_PASSWORD`, `api-key`. */
const SECRET_NAME =
  /pass|pwd|secret|auth(?!or)|token|credential|private|api[-_]?key|access[-_]?key|signature|cookie|^(key|pem|pfx|cert|ca|crl|pin)$/i;

/** Whether what stands under a name is secret. A lease key is none, nor are numbered terms (`token: 7`). */
export function isSecretName(name: string, parent = ''): boolean {
  return SECRET_NAME.test(name.slice(-100)) && !(name === 'key' && parent === 'leader');
}

/**
 * A text with the secrets in it hidden: credentials of addresses (`redis://:secret@host` becomes `redis://***@host`),
 * values under a name such as `password`, private keys. A text longer than any that is shown is cut.
 */
export function redact(text: string): string {
  const read = text.length > MAX_READ ? `${text.slice(0, MAX_READ)}…` : text;
  return withoutKeys(withoutNamedSecrets(read.replace(/[^\n\r]+/g, withoutCredentials)));
}

/** Of one line. */
function withoutCredentials(line: string): string {
  return line.includes('@') || line.includes('://') ? withoutLogins(withoutUserInfo(line)) : line;
}

/** Schemes of addresses that are given a login; a text with another scheme is more often the path of a source file. */
const CONNECTS =
  /(?:rediss?|valkeys?|sentinel|postgres(?:ql)?|mysql|mariadb|mongodb|amqps?|mqtts?|nats|kafka|smtps?|ftps?|sftp|ssh|ldaps?|unix|socks\d?)(?:\+\w{1,16})?$/i;

function withoutUserInfo(line: string): string {
  let safe = '';
  let from = 0;
  for (let at = line.indexOf('://'); at >= 0; at = line.indexOf('://', Math.max(from, at + 3))) {
    const start = at + 3;
    const connects = CONNECTS.test(line.slice(Math.max(0, at - 40), at));
    const end = connects ? endOfLogin(line, start) : endOfUserInfo(line, start);
    if (end <= start) continue;
    safe += line.slice(from, start) + HIDDEN;
    from = end;
  }
  return safe + line.slice(from);
}

/** Where the credentials of a connection's address end; its start where it has none. */
function endOfLogin(line: string, start: number): number {
  const word = sticky(/[^\s'"`<>]*/y, line, start);
  if (/^(?:[\w.-]+|\[[\da-f:.]*\])?(?::\d{1,5})?(?:\/\w{0,64})?(?:\?[^@]*)?[,;.)\]}]*$/i.test(word)) {
    // Without a host it may be a password that looks like a port.
    if (!word.startsWith(':')) return start;
  }
  const end = lastLoginEnd(line, start);
  // Without an `@` the rest of the word may be the credentials themselves.
  return end < 0 ? start + word.length : end;
}

/** The last `@` of the line, but not one of a scoped package (`/node_modules/@scope/`) where there is another. */
function lastLoginEnd(line: string, start: number): number {
  const last = line.lastIndexOf('@');
  if (last < start) return -1;
  for (let at = last; at >= start; at = line.lastIndexOf('@', at - 1)) {
    if (line[at - 1] !== '/' || !/^@[\w.-]{1,100}\//.test(line.slice(at, at + 102))) return at;
    if (at === 0) break;
  }
  return last;
}

/** Where the credentials of any other URL end: they stand in its authority, or are not encoded as they should be. */
function endOfUserInfo(line: string, start: number): number {
  const authority = sticky(/[^\s'"`<>/?#]*/y, line, start);
  const at = authority.lastIndexOf('@');
  if (at >= 0) return start + at;
  const isHost = /^(?:[^:]*|\[[^\]]*\])(?::\d{0,5})?$/.test(authority) || /^[^:]*:[\d:]*$/.test(authority);
  return isHost ? start : Math.max(start, lastLoginEnd(line, start));
}

function sticky(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

const MAX_LOGIN = 256;

/** A login without a scheme: `user:secret@host:6379`. */
function withoutLogins(line: string): string {
  let safe = '';
  let from = 0;
  for (let at = line.indexOf('@'); at >= 0; at = line.indexOf('@', at + 1)) {
    if (!/^@[\w.-]{1,253}:\d/.test(line.slice(at, at + 256))) continue;
    const start = startOfLogin(line, at, from);
    if (start === undefined) continue;
    safe += line.slice(from, start) + HIDDEN;
    from = at;
  }
  return safe + line.slice(from);
}

function startOfLogin(line: string, at: number, from: number): number | undefined {
  const before = line.slice(Math.max(from, at - MAX_LOGIN), at);
  const login = before.slice(lastBreak(before) + 1);
  if (login === HIDDEN) return undefined;
  if (login.includes(':')) return at - login.length;
  // The password has a quote, a slash, a blank or an `@` in it.
  const first = /[^\s:]{1,256}:\S/.exec(before);
  return first === null ? undefined : at - before.length + first.index;
}

function lastBreak(text: string): number {
  let at = text.length - 1;
  while (at >= 0 && !/[\s/@'"`<>(]/.test(text[at] ?? '')) at -= 1;
  return at;
}

/** `password: x`, `"pwd":"x"`, `REDIS_PASSWORD=x`. A token in prose is none of these: `Unexpected token: <`. */
const NAMED =
  /((?:pass(?:word|wd|phrase|code)?|pwd|secret|credentials?|authorization|(?:api|private|access)[-_ ]?key|(?:access|auth|refresh|id)[-_ ]?token)["']?\s{0,4}[:=]\s{0,4}|\btoken(?:=|["']\s{0,4}:\s{0,4}))("(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|(?:(?:Bearer|Basic)\s)?[^\s,;&)}\]'"](?:[^\s,;&)}\]'"]|['"](?=\w))*)/gi;

/** The arguments that Redis cites of a command it does not know, such as HELLO with a password. */
const CITED_ARGUMENTS = /(with args beginning with:)[^\n]*/gi;

function withoutNamedSecrets(text: string): string {
  return text.replace(NAMED, hideNamed).replace(CITED_ARGUMENTS, `$1 ${HIDDEN}`);
}

function hideNamed(_: string, name: string, value: string): string {
  const quote = /^["']/.exec(value)?.[0] ?? '';
  return `${name}${quote}${HIDDEN}${quote}`;
}

/** Private keys in PEM, also where the end is cut off. */
function withoutKeys(text: string): string {
  let safe = '';
  let from = 0;
  for (let at = text.indexOf('-----BEGIN '); at >= 0; at = text.indexOf('-----BEGIN ', from)) {
    const end = text.indexOf('-----END ', at);
    safe += `${text.slice(from, at)}${HIDDEN}`;
    from = end < 0 ? text.length : end + '-----END '.length;
    if (end >= 0) from = Math.max(from, text.indexOf('-----', from) + 5);
  }
  return safe + text.slice(from);
}
