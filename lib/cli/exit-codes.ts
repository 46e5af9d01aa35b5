/** The exit codes of the process. Stable: scripts depend on them; `docs/command-line.md` explains each. */
export const EXIT = {
  done: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  runFailed: 4,
  redisUnavailable: 5,
  waitTimeout: 6,
  notConfirmed: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
