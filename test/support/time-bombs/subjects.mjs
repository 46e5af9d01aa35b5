/* eslint-disable max-lines -- a list: one entry per export */
/*
 * Every function that text from outside reaches, and how it is called with one. `time-bombs.spec.ts` compares the list
 * with what the covered folders export: a new export has its line here, or a reason in EXCLUDED.
 */
import { errorOf, sampleEvents } from '../sample-events.mjs';
import { hostileRecord, hostileRun, hostileSession } from './hostile-view.mjs';

/** Folders of the built package; `.` is its root. */
export const COVERED = ['core', 'cli', 'client', 'observe', 'nest', 'adapters/redis', 'fencing', '.'];

const NOW = Date.UTC(2030, 0, 1);
/** Of the parts that a job reads. */
const POLICY = { catchUpWindowMs: 1, jitterMs: 0, retry: { maxBackoffMs: 1 }, retention: { keep: 1 } };
/** @type {any} */
const page = { width: 100, paint: new Proxy({}, { get: () => String }) };

/** @param {string} text */
const advice = text => ({ problem: text, remedy: text });
/** @param {unknown[]} words */
const reply = (...words) => [NOW, ...words];
/** @param {Promise<any>} verb */
const answer = async verb => {
  const { json, text } = await verb;
  text(page);
  return json;
};
/** @param {((value: unknown, source: string) => unknown)[]} reads */
const field =
  (...reads) =>
  (/** @type {unknown} */ text) => {
    for (const read of reads) for (const source of ['code', 'config']) attempt(() => read(text, source));
  };
/** @param {() => unknown} call */
const attempt = call => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

/**
 * One by one: the first part that is refused ends the reading.
 *
 * @param {string} text
 */
const partsOfRedis = text => [
  { host: text, port: text },
  { nodes: [text] },
  { nodes: [{ host: text }] },
  { sentinels: [{ host: text }] },
];

/**
 * By file, then by export; each is called with the exports of its file and a text. Its refusals do not matter. `samples.mjs`
 * finds what a rename has left behind.
 *
 * @type {Record<string, Record<string, (m: any, text: string) => unknown>>}
 */
export const SUBJECTS = {
  'core/job/create-job.js': {
    createJob: (m, text) => {
      const defaults = { policy: POLICY, ttlMs: 1000 };
      for (const options of [{ [text]: 1 }, { name: text }, { timeZone: text }, { overlap: text }])
        attempt(() => m.createJob('A.b', { cronTime: '@daily', options }, () => 1, defaults));
      attempt(() => m.createJob(text, { cronTime: text, options: {} }, () => 1, defaults));
    },
  },
  'core/job/adoption.js': {
    adoptedAmong: (m, text) => {
      const method = { name: text, className: text, methodName: text, moduleName: text, decorator: 'Cron' };
      for (const adoption of [[text], [`${text}*`], () => text, () => attempt(() => JSON.parse(text))])
        attempt(() => m.adoptedAmong(adoption, [method]));
      attempt(() => m.adoptedAmong([`${text}x`], [method, { ...method, decorator: 'Timeout' }]));
    },
  },
  'core/job/name-pattern.js': {
    matchesPattern: (m, text) => [m.matchesPattern(text, `*${text}*`), m.matchesPattern(text, text)],
  },
  'core/job/read-adoption.js': { readAdoption: (m, text) => field(m.readAdoption)(text) },
  'core/schedule/cron-schedule.js': {
    CronSchedule: (m, text) => {
      attempt(() => m.CronSchedule.parse(text));
      attempt(() => m.CronSchedule.parse('@daily', { timeZone: text }));
      attempt(() => m.CronSchedule.parse(`0 ${text} * * *`));
    },
  },
  'core/options/duration.js': {
    withoutDays: (m, text) => [m.withoutDays(text), m.withoutDays(`${'7'.repeat(text.length % 90)}d${text}`)],
    parseDuration: (m, text) => [m.parseDuration(text), m.parseDuration(`${text}s`)],
  },
  'core/errors/error-facts.js': {
    errorFacts: (m, text) => [
      m.errorFacts(text),
      m.errorFacts(errorOf(text)),
      m.errorFacts({ [text]: text }),
      m.errorFacts(new Error(text)),
    ],
  },
  'core/errors/errors.js': {
    ScheduleError: (m, text) =>
      new m.UnknownJobError({
        problem: text,
        received: { [text]: text },
        remedy: text,
        cause: errorOf(text),
      }),
  },
  'core/options/hash-tag.js': { hashTag: (m, text) => [m.hashTag(text), m.hashTag(`{${text}`)] },
  'core/errors/inspect.js': {
    inspect: (m, text) => [m.inspect(text), m.inspect([text, { [text]: text }])],
    inspectKind: (m, text) => m.inspectKind({ [text]: text }),
  },
  'core/job/job-description.js': {
    describedSchedule: (m, text) => {
      for (const schedule of [text, `2030-01-01T${text}`, `@every ${text}`, `* * ${text}`])
        m.describedSchedule({ schedule, timeZone: '' });
      m.describedSchedule({ schedule: '@daily', timeZone: text });
    },
    formatDescription: (m, text) => m.formatDescription({ schedule: text }),
    parseDescription: (m, text) => [
      m.parseDescription(text),
      m.parseDescription(JSON.stringify({ schedule: text })),
    ],
  },
  'core/job/setting-context.js': {
    settingContext: (m, text) => {
      const throws = () => {
        throw errorOf(text);
      };
      attempt(() => m.settingContext(text, {}).config.get(text));
      attempt(() => m.settingContext(text, { get: throws }).get(text));
    },
  },
  'core/job/job-name.js': { keptName: (m, text) => m.keptName(text) },
  'core/errors/missing-peer.js': {
    isMissingPeer: (m, text) => [
      m.isMissingPeer(errorOf(text), 'ioredis'),
      m.isMissingPeer(errorOf('x'), text),
    ],
    unlessMissing: (m, text) => attempt(() => m.unlessMissing(text)(errorOf(text))),
    peerError: (m, text) => [
      m.peerError(errorOf(text), text, advice(text)),
      m.peerError(new Error(`Cannot find package '${text}'`), text, advice(text)),
    ],
  },
  'core/schedule/job-schedule.js': {
    jobSchedule: (m, text) => {
      const context = {};
      attempt(() => m.jobSchedule({ place: text, definition: { cronTime: text }, sources: [], context }));
      const thrower = () => {
        throw errorOf(text);
      };
      attempt(() => m.jobSchedule({ place: 'x', definition: { cronTime: thrower }, sources: [], context }));
    },
  },
  'core/election/job-set.js': {
    pagesOf: (m, text) =>
      m.pagesOf({
        app: text,
        version: text,
        jobs: new Map([[text, { schedule: text, settings: { a: text }, isStopped: false }]]),
      }),
    parseJobSet: (m, text) => [
      m.parseJobSet([text]),
      m.parseJobSet([JSON.stringify({ app: text, jobs: [[text, text, { a: text }]] })]),
    ],
  },
  'core/job/job-settings.js': {
    JobSettings: (m, text) => new m.JobSettings([{ job: text, path: text }]).strays([`${text}x`, 'job']),
    readJobSettings: (m, text) =>
      m.readJobSettings([
        {
          place: 'x',
          prefix: 'jobs.',
          source: 'code',
          jobs: { [text]: { [text]: text }, job: { cron: text, overlap: text } },
        },
      ]),
  },
  'core/options/misspelt-sections.js': {
    misspeltSections: (m, text) => {
      const core = { [text]: text, appnam: text };
      const input = { core, scheduler: { [text]: text, redis: text }, known: ['redis'], isSet: () => false };
      m.misspeltSections({ ...input, schedule: undefined });
    },
    refuseMisspeltDefaults: (m, text) =>
      attempt(() =>
        m.refuseMisspeltDefaults({ strays: () => [{ job: 'default', path: `${text}default` }] }, [text]),
      ),
  },
  'core/errors/nearest-name.js': {
    isMisspelt: (m, text) => [m.isMisspelt(text, `${text}y`), m.isMisspelt('job', text)],
    nearestName: (m, text) => [m.nearestName(text, [`${text}y`, 'x']), m.nearestName('job', [text])],
  },
  'core/options/check-options.js': {
    checkOptions: (m, text) =>
      m.checkOptions(m.optionsSchema([{ path: 'a.b', read: () => 1 }], 'code'), {
        [text]: text,
        a: { [text]: text },
      }),
    optionShape: (m, text) => m.optionShape([{ path: text, read: () => 1 }], 'code'),
    optionsSchema: (m, text) => m.optionsSchema([{ path: text, read: () => 1 }], 'code'),
  },
  'core/options/option-path.js': { at: (m, text) => m.at({ [text]: text }, text) },
  'adapters/redis/codec/server-codec.js': {
    parseServer: (m, text) => m.parseServer(`redis_version:${text}`),
  },
  'nest/startup-line.js': {
    startupLine: (m, text) =>
      m.startupLine(
        { mode: 'redis', leaderKey: text, timing: { intervalMs: 1, ttlMs: 2 }, fastTakeover: true },
        1,
        { server: 'Redis 7.0.15', slowTakeover: text },
      ),
  },
  'core/options/option-problems.js': {
    OptionProblems: (m, text) => attempt(() => new m.OptionProblems([text]).throwIfAny()),
  },
  'core/schedule/nearest-zone.js': {
    nearestZone: (m, text) => [m.nearestZone(text), m.nearestZone(`Europe/${text}`)],
  },
  'core/options/option-sources.js': {
    checkSources: (m, text) => {
      const specs = [{ path: 'a', read: () => 1 }];
      const { read, isRefused } = m.checkSources([
        { place: 'x', prefix: '', source: 'code', specs, written: { [text]: text, a: 1 } },
      ]);
      return [read(text), isRefused(text)];
    },
  },
  'core/options/option-readers.js': {
    appName: (m, text) => m.appName(`a${text}`),
    appVersion: (m, text) => m.appVersion(text),
    duration: (m, text) => field(m.duration(0))(text),
    durationOrNone: (m, text) => field(m.durationOrNone(0))(text),
    flag: (m, text) => field(m.flag)(text),
    inCode: (m, text) => field(m.inCode(text))(text),
    integer: (m, text) => field(m.integer(0, 1))(text),
    jobName: (m, text) => m.jobName(`a${text}`),
    keep: (m, text) => field(m.keep)(text),
    leaderKey: (m, text) => [attempt(() => m.leaderKey(text)), m.leaderKey(`{${text}`)],
    oneOf: (m, text) => field(m.oneOf('a', 'b'))(text),
    redis: (m, text) => {
      for (const url of [text, `redis://${text}`, `redis://:${text}@host`, `redis://host/${text}`])
        field(m.redis)(url);
      for (const parts of partsOfRedis(text)) field(m.redis)(parts);
    },
    share: (m, text) => field(m.share)(text),
  },
  'core/options/option-refusals.js': {
    optionRefusals: (m, text) =>
      m.optionRefusals(
        [
          { type: 'strict_object', path: [{ key: text, input: { [text]: text } }] },
          { type: 'string', path: [{ key: text }], input: text, message: text },
        ],
        ['leader.key', 'mode'],
      ),
    receivedAt: (m, text) => m.receivedAt(text, text),
  },
  'core/options/options.js': {
    leaderKeyOf: (m, text) => m.leaderKeyOf(text),
    resolveOptions: (m, text) => {
      for (const code of [
        { [text]: text },
        { appName: text },
        { leader: { key: text, ttl: text } },
        { redis: text },
        { jobs: { [text]: { cron: text } } },
      ])
        attempt(() => m.resolveOptions({ code }));
      attempt(() => m.resolveOptions({ environment: { REDIS_URL: text, SCHEDULE_LEADER_TTL: text } }));
    },
  },
  'core/options/written-options.js': {
    misspeltIn: (m, text) =>
      m.misspeltIn({ config: { core: { appnam: text }, scheduler: { [text]: text } } }),
    namedJobsIn: (m, text) => m.namedJobsIn({ code: { jobs: { [text]: text } }, codeName: text }),
    optionsIn: (m, text) => m.optionsIn({ code: { jobs: { [text]: text } }, environment: { [text]: text } }),
  },
  'core/schedule/parse-schedule.js': {
    parseInterval: (m, text) => m.parseInterval(text),
    parseTimeout: (m, text) => m.parseTimeout(text),
    parseSchedule: (m, text) => {
      for (const written of [
        text,
        `@${text}`,
        `@every ${text}`,
        `@dail${text}`,
        `* * * * ${text}`,
        `*/${text} * * * *`,
      ])
        attempt(() => m.parseSchedule(written));
      attempt(() => m.parseSchedule('@daily', { timeZone: text }));
    },
  },
  'core/run/pause-input.js': {
    pauseMs: (m, text) => m.pauseMs(text),
    pauseReason: (m, text) => m.pauseReason(text),
    waitMs: (m, text) => m.waitMs(text),
  },
  'core/errors/redact-error.js': {
    redactedCause: (m, text) => [m.redactedCause(errorOf(text)), m.redactedCause(text)],
  },
  'core/errors/redact-value.js': {
    instanceOf: (m, text) =>
      m.instanceOf(Object.create({ constructor: Object.defineProperty(() => 1, 'name', { value: text }) })),
    redactedValue: (m, text) => [m.redactedValue(text), m.redactedValue({ [text]: [text] }, text)],
  },
  'core/errors/redact.js': {
    isSecretName: (m, text) => m.isSecretName(text, text),
    redact: (m, text) => {
      for (const whole of [
        text,
        `${text}@`,
        `redis://${text}@h:1`,
        `http://a:${text}@h`,
        `password="${text}`,
        `-----BEGIN ${text}`,
      ])
        m.redact(whole);
    },
  },
  'core/options/redis-address.js': {
    optionsProblem: (m, text) => partsOfRedis(text).map(parts => m.optionsProblem(parts)),
    parseHostPort: (m, text) => [
      m.parseHostPort(text, 1),
      m.parseHostPort(`[${text}`, 1),
      m.parseHostPort(`a:${text}`, 1),
    ],
    urlProblem: (m, text) => [
      m.urlProblem(text),
      m.urlProblem(`redis://${text}@h`),
      m.urlProblem(`redis://h/${text}`),
    ],
  },
  'core/options/redis-options.js': {
    clientProblem: (m, text) => m.clientProblem({ [text]: text, get: text }),
    clusterOptionsProblem: (m, text) => m.clusterOptionsProblem({ redisOptions: { db: text } }),
    nodeOptionsProblem: (m, text) => m.nodeOptionsProblem({ [text]: text }),
    serverOptionsProblem: (m, text) => m.serverOptionsProblem({ db: text }),
    urlOptionsProblem: (m, text) =>
      m.urlOptionsProblem({ pathname: `/${text}`, searchParams: new URLSearchParams([['db', text]]) }),
  },
  'core/errors/sanitize.js': {
    inertJson: (m, text) => m.inertJson(JSON.stringify(text)),
    manyLines: (m, text) => [m.manyLines(text), m.manyLines(text, 40_000)],
    oneLine: (m, text) => [m.oneLine(text), m.oneLine(text, 40_000)],
  },
  'core/schedule/schedule-override.js': {
    formatOverride: (m, text) => m.formatOverride({ schedule: text, timeZone: text }),
    sinceOf: (m, text) => m.sinceOf(text),
    withSince: (m, text) => m.withSince(text, 1),
    withoutSince: (m, text) => m.withoutSince(text),
    scheduleOfOverride: (m, text) => {
      for (const order of [
        text,
        JSON.stringify({ schedule: text }),
        JSON.stringify({ schedule: '@daily', timeZone: text }),
      ])
        attempt(() => m.scheduleOfOverride(order));
    },
  },
  'core/schedule/schedule-description.js': {
    scheduleInWords: (m, text) => m.scheduleInWords({ fingerprint: text, source: text, timeZone: text }),
  },
  'cli/answer.js': { plain: (m, text) => m.plain(text), toJson: (m, text) => m.toJson({ [text]: text }) },
  'cli/cli-error.js': {
    CliError: (m, text) => new m.CliError('USAGE', 2, text),
    reportError: (m, text) => [
      m.reportError(text),
      m.reportError(errorOf(text)),
      m.reportError(new m.CliError('USAGE', 2, text)),
    ],
  },
  'cli/queries.js': {
    history: async (m, text) => [
      await answer(m.history(hostileSession(text), undefined, {})),
      await answer(m.history(hostileSession(text), text, { before: text, limit: text, outcome: text })),
    ],
    jobs: (m, text) => answer(m.jobs(hostileSession(text))),
    pauseWords: (m, text) => m.pauseWords({ reason: text }, NOW),
    running: (m, text) => answer(m.running(hostileSession(text))),
    status: (m, text) => answer(m.status(hostileSession(text))),
  },
  'cli/no-scheduler-error.js': {
    NoSchedulerError: (m, text) =>
      new m.NoSchedulerError(text, [{ leaderKey: text, holder: text, isLed: true }]),
  },
  'cli/page-cursor.js': {
    formatCursor: (m, text) => m.formatCursor({ job: text, tick: new Date(0), runId: text, manual: false }),
    parseCursor: (m, text) => [m.parseCursor(text), m.parseCursor(`2026-11-24T17:00:00.000Z/manual/${text}`)],
  },
  'cli/pods.js': {
    pods: (m, text) => answer(m.pods(hostileSession(text))),
    podsText: async (m, text) => {
      const snapshot = await hostileSession(text).snapshot();
      return m.podsText(m.shownPods(snapshot, 1), NOW, page);
    },
    shownPods: async (m, text) => m.shownPods(await hostileSession(text).snapshot(), 1),
  },
  'cli/verb-options.js': {
    readBefore: (m, text) => m.readBefore(text),
    readDuration: (m, text) => m.readDuration(text, text),
    readLimit: (m, text) => m.readLimit(text),
    readOutcomes: (m, text) => m.readOutcomes(text),
  },
  'cli/commands.js': {
    abort: (m, text) => answer(m.abort(hostileSession(text), text)),
    pause: (m, text) => answer(m.pause(hostileSession(text), text, {})),
    reschedule: (m, text) => answer(m.reschedule(hostileSession(text), text, text, {})),
    resign: (m, text) => answer(m.resign(hostileSession(text))),
    resume: (m, text) => answer(m.resume(hostileSession(text), text)),
    run: (m, text) => answer(m.run(hostileSession(text), text, '1m')),
  },
  'cli/output.js': {
    printed: (m, text) => [
      m.printed({ json: { text }, text: () => text }, 'json', page),
      m.printed({ json: {}, text: () => text }, 'table', page),
    ],
    printedError: (m, text) => [
      m.printedError({ code: 'USAGE', message: text, details: { text } }, 'json'),
      m.printedError({ code: 'USAGE', message: text, details: {} }, 'table'),
    ],
  },
  'cli/run-text.js': { whyOf: (m, text) => m.whyOf(hostileRun(text)) },
  'cli/stopped-text.js': {
    onPods: (m, text) => m.onPods([text, text]),
    stoppedText: (m, text) => m.stoppedText([{ job: text, stoppedOn: [text] }]),
  },
  'cli/table.js': { table: (m, text) => m.table(['A', 'B'], [[text, text], [text]], 80) },
  'cli/target.js': {
    readTarget: async (m, text) => {
      for (const options of [
        { redisUrl: text },
        { sentinel: text },
        { cluster: text },
        { app: text },
        { key: text },
        { config: text },
      ])
        await m.readTarget(options, {}).catch((/** @type {unknown} */ error) => error);
    },
  },
  'cli/watch.js': {
    screen: (m, text) => m.screen(text, { isTTY: true, rows: 12 }),
    watchMs: (m, text) => m.watchMs(text),
  },
  'adapters/redis/codec/candidate-codec.js': {
    parseCandidates: (m, text) => [
      m.parseCandidates(reply(text, text)),
      m.parseCandidates(reply('a', `1|1|${text}`)),
      m.parseCandidates(reply('a', `${text}|1|x|up|1`)),
    ],
    parseNews: (m, text) => [
      m.parseNews([text, text, text, text], text),
      m.parseNews(['', '', '', `1,${text}`], ''),
    ],
  },
  'adapters/redis/codec/control-codec.js': {
    parseOutcome: (m, text) => [
      m.parseOutcome({ job: text }, `1@${text}`, reply('recorded', `failed|${text}|1|1|1|${text}|{}`)),
      m.parseOutcome({ job: 'a' }, '1', reply('recorded', text)),
    ],
    parsePause: (m, text) => m.parsePause([text, text, text]),
    parsePods: (m, text) => [
      m.parsePods(new Map([[text, text]])),
      m.parsePods(new Map([['a', `1|1|1|${text}`]])),
      m.parsePods(new Map([['a', `1|1|-${text}`]])),
    ],
    parseRequest: (m, text) => [
      m.parseRequest(text, text),
      m.parseRequest('a', `1|${text}`),
      m.parseRequest('a', `${text}|a`),
    ],
    parseRequests: (m, text) => m.parseRequests(reply(text, text, `1|${text}`, text)),
    parseSweep: (m, text) => m.parseSweep(reply('swept', text)),
    parseStarts: (m, text) => m.parseStarts(reply('requested', text)),
    parseStates: (m, text) =>
      m.parseStates([text], reply([text, text, text], [text, text, text, text, text, text, text, text])),
  },
  'adapters/redis/codec/invalid-values.js': {
    InvalidValues: (m, text) => new m.InvalidValues().takeFrom([[NOW, text, text, text, 'ignored'], text]),
  },
  'adapters/redis/codec/lease-codec.js': {
    isHolderSeen: (m, text) => [
      m.isHolderSeen(reply(text, text)),
      m.isHolderSeen(reply('acquired', text, text, text)),
      m.isHolderSeen(reply('renewed', text, text, text, text, text, text)),
    ],
    parseAcquire: (m, text) => m.parseAcquire(reply('held', text, 1, 1, '1', '', 1, text, text)),
    parseEvent: (m, text) => [
      m.parseEvent(text),
      m.parseEvent(`abort-requested:${text}`),
      m.parseEvent(`holder-missing:${text}`),
      m.parseEvent(`resign-requested:${text}`),
      m.parseEvent(`resign-requested:1:${text}`),
    ],
    parseRead: (m, text) => [
      m.parseRead(reply('held', text, 1, 1, 1)),
      m.parseRead(reply('held', 'a', text, text, text)),
    ],
    parseProbe: (m, text) => m.parseProbe(text),
    parseRenew: (m, text) => m.parseRenew(reply('renewed', text, text, text, text, text)),
    parseResign: (m, text) => m.parseResign(reply(text)),
    resignRequest: (m, text) => m.resignRequest(1, text),
  },
  'adapters/redis/read-pages.js': {
    readPages: (m, text) => {
      const ask = async () => reply('0', text, `1|${text}`);
      return m.readPages({ ask }, {}, [text, text], new AbortController().signal);
    },
  },
  'adapters/redis/connection/key-slot.js': { keySlot: (m, text) => m.keySlot(text) },
  'adapters/redis/connection/redis-errors.js': {
    isForbidden: (m, text) => m.isForbidden(errorOf(text)),
    isWrongType: (m, text) => m.isWrongType(errorOf(text)),
    isOffline: (m, text) => m.isOffline(errorOf(text)),
    isReplyError: (m, text) => m.isReplyError(errorOf(text)),
    unavailable: (m, text) => m.unavailable(errorOf(text)),
  },
  'adapters/redis/redis-keys.js': { redisKeys: (m, text) => m.redisKeys(text).job(text) },
  'adapters/redis/redis-schedulers.js': {
    leaseKeyOf: (m, text) => [
      m.leaseKeyOf(`${text}:term`),
      m.leaseKeyOf(`{${text}}:term`),
      m.leaseKeyOf(`{${text}:term`),
    ],
  },
  'adapters/redis/codec/run-codec.js': {
    lockedFacts: (m, text) => m.lockedFacts({ [text]: text }, 1000),
    parseAdoptions: (m, text) => m.parseAdoptions(reply([text, text])),
    parseClaims: (m, text) => [
      attempt(() => m.parseClaims(reply(['failed', text]))),
      m.parseClaims(reply([text])),
    ],
    parseFinishes: (m, text) => m.parseFinishes(reply(text)),
    parseHeartbeats: (m, text) => m.parseHeartbeats(reply(text)),
    pairs: (m, text) => m.pairs([text, text], [text]),
    parseOpen: (m, text) => [
      attempt(() => m.parseOpen(reply('opened', [text]))),
      m.parseOpen(reply('opened', text)),
    ],
    parseRecord: (m, text) => {
      for (const slot of ['1', text, `1@${text}`])
        for (const packed of [
          text,
          `failed|${text}`,
          `failed|a|${text}`,
          `failed|a|1|1|1||${text}`,
          `failed|a|1|1|1|${text}|{"a":"${text}"}`,
        ])
          m.parseRecord('a', slot, packed);
    },
    parseRelease: (m, text) => m.parseRelease(reply(text)),
    parseRemembered: (m, text) => [m.parseRemembered('a', text), m.parseRemembered('a', `1|failed|${text}`)],
    parseSlot: (m, text) => [m.parseSlot(text), m.parseSlot(`1@${text}`), m.parseSlot(`-${text}`)],
    parseUnfinished: (m, text) => [
      m.parseUnfinished(reply(text, text)),
      m.parseUnfinished(reply(`1|${text}`, 1)),
    ],
    reasonField: (m, text) => m.reasonField(text),
    slotOf: (m, text) => m.slotOf({ tick: 1, runId: text, manual: true }),
    split: (m, text) => [m.split(text), m.split(`${text}|${text}`)],
  },
  'adapters/redis/codec/shown-records.js': {
    parseHistory: (m, text) =>
      m.parseHistory([text], reply([text, text, '1', `failed|${text}|1|1|1|${text}|${text}`])),
    showRecord: (m, text) => [m.showRecord('a', text, text), m.showRecord('a', `1@${text}`, text)],
    showRemembered: (m, text) => [m.showRemembered('a', text), m.showRemembered('a', `1|failed|${text}`)],
  },
  'adapters/redis/codec/script-reply.js': {
    integer: (m, text) => m.integer(text, [text]),
    list: (m, text) => m.list(text, text),
    parseWords: (m, text) => m.parseWords(reply(text)),
    payload: (m, text) => m.payload(text),
    serverTime: (m, text) => m.serverTime([text]),
    unexpected: (m, text) => m.unexpected([text, { [text]: text }]),
  },
  'adapters/redis/codec/stored-values.js': {
    storedInstant: (m, text) => m.storedInstant(text),
    storedNumber: (m, text) => m.storedNumber(text),
  },
  'fencing/fenced-command.js': {
    assertOneKey: (m, text) => [
      attempt(() => m.assertOneKey({ fence: text, keys: [text] })),
      m.assertOneKey(text, [text]),
    ],
  },
  'client/lookup-errors.js': { unknownJob: (m, text) => m.unknownJob(text, [`${text}x`, text, 'job']) },
  'client/control.js': {
    toPauseInfo: (m, text) => m.toPauseInfo({ from: 1, until: 2, reason: text }),
    toTicket: (m, text) => m.toTicket({ id: text, job: text, tick: 1 }),
  },
  'client/run-view.js': { toJobRun: (m, text) => m.toJobRun(hostileRecord(text)) },
  'client/job-info.js': {
    jobInfo: (m, text) => {
      const schedule = { fingerprint: text, source: text, timeZone: text, next: () => undefined };
      const state = {
        override: text,
        lastRun: hostileRecord(text),
        pause: { from: 1, until: 2, reason: text },
      };
      return m.jobInfo(
        { name: text, schedule, isStopped: false, definedIn: text },
        state,
        { now: 1, pause: undefined },
        [],
      );
    },
  },
  'observe/event-fields.js': {
    eventFields: (m, text) => sampleEvents(text).map(event => m.eventFields(event, text)),
  },
  'nest/name-clashes.js': {
    refuseNameClashes: (m, text) => {
      const declared = { job: { name: text }, definedAt: text };
      attempt(() => m.refuseNameClashes([declared, declared]));
    },
  },
  'nest/adoption-lines.js': {
    adoptionLines: (m, text) => {
      const plain = { name: text, decorator: 'Cron' };
      return m.adoptionLines({
        adopted: [{ job: { name: text }, plain: { decorator: 'Cron' } }],
        kept: [
          { plain, reason: text },
          { plain, reason: undefined },
        ],
      });
    },
    plainJobsLine: (m, text) => m.plainJobsLine({ kept: [{ plain: { decorator: text } }] }),
  },
  'nest/short-names.js': {
    shortNamesWarning: (m, text) =>
      m.shortNamesWarning([{ job: { name: text }, method: { name: text, className: 'c' } }]),
  },
  'nest/log-fields.js': { logFields: (m, text) => m.logFields({ text }) },
  'observe/log-lines.js': {
    logLine: (m, text) => {
      for (const event of sampleEvents(text)) m.logLine(event, text);
    },
  },
  'observe/outside-failures.js': {
    OutsideFailures: (m, text) => {
      const failures = new m.OutsideFailures({ now: () => ({ monoMs: 0 }) }, () => undefined);
      failures.note('A listener', errorOf(text));
      failures.note('A listener', text);
    },
  },
  'client/history-query.js': {
    readQuery: (m, text) => {
      for (const query of [
        { outcome: text },
        { limit: text },
        { before: text },
        { before: { job: text, runId: text, tick: text } },
      ])
        attempt(() => m.readQuery(text, query));
    },
  },
  'client/read-status.js': {
    podsOf: (m, text) =>
      m.podsOf({
        lease: { kind: 'held', holder: text },
        pods: [{ podId: text, version: text, since: 1, seenAt: 1 }],
      }),
  },
};

const NUMBERS = 'takes numbers, instants or words of our own only';
const IO = 'talks to Redis or to the application; the texts go through functions that are listed';

/**
 * Exports that are not called, by file or by file and export, and why.
 *
 * @type {Record<string, string>}
 */
export const EXCLUDED = {
  'core/errors/call-outside.js': 'calls a function',
  'core/job/handler-result.js': 'waits for what a handler returned',
  'core/job/given-options.js':
    'calls functions of the application; their results go through the readers of options',
  'core/job/job-defaults.js': 'renames properties',
  'core/options/call-factory.js': 'calls a function',
  'core/errors/of-any-copy.js': 'defines properties',
  'core/errors/print-as.js': 'defines properties',
  'core/errors/programming-error.js': 'compares the name of an error',
  'core/errors/repeat-limit.js': 'reads a text from a map',
  'core/schedule/cron-schedule.js assertLength': 'compares a length',
  'core/election/job-set-difference.js': 'compares names and facts of job sets',
  'core/election/leader-preference.js': NUMBERS,
  'core/tick/overdue.js': NUMBERS,
  'core/pages.js': 'divides a list',
  'core/options/redis-options.js isIoredisLike': 'reads the kinds of properties',
  'adapters/redis/connection/answer-watch.js': IO,
  'adapters/redis/connection/create-connection.js': IO,
  'adapters/redis/connection/events-probe.js': IO,
  'adapters/redis/in-chunks.js': IO,
  'adapters/redis/connection/redis-link.js': IO,
  'adapters/redis/connection/open-waiters.js': IO,
  'adapters/redis/connection/ioredis-library.js': IO,
  'adapters/redis/connection/retire-client.js': IO,
  'adapters/redis/connection/verify-connection.js': IO,
  'core/election/difference-text.js': 'joins names; its texts go through the log line',
  'nest/log-fields.js areLogFields': 'finds an object',
  'core/tick/catch-up-plan.js': NUMBERS,
  'core/schedule/cron-fields.js': NUMBERS,
  'core/schedule/cron-ticks.js': NUMBERS,
  'core/schedule/cron-zone.js': NUMBERS,
  'core/options/duration.js formatDuration': NUMBERS,
  'core/election/instant.js': NUMBERS,
  'core/schedule/interval-schedule.js': NUMBERS,
  'core/job/job-policy-options.js': 'gets what its readers accepted',
  'core/election/job-set.js isLarger': 'compares sets by their names',
  'core/election/job-set.js settingsOf': NUMBERS,
  'core/election/job-set.js tickingJobs': 'copies names',
  'core/options/option-field.js OptionProblem': 'an error with a text of our own',
  'core/election/read-job-set.js': 'reads pages for parseJobSet, which is listed',
  'core/job/retry-backoff.js': NUMBERS,
  'core/run/run-facts.js tickFacts': 'copies facts',
  'core/run/run-order.js': 'compares',
  'core/run/run-ref.js': 'copies facts',
  'core/run/start-handle.js': 'digests, and compares a beginning',
  'core/schedule/term-schedule.js': NUMBERS,
  'core/election/term.js': NUMBERS,
  'core/tick/tick-cursor.js': NUMBERS,
  'core/election/timing.js': NUMBERS,
  'deprecated.js': 'defines the old names of properties',
  'cli/confirm.js': 'asks on the terminal',
  'cli/open-session.js': IO,
  'cli/output.js pageOf': 'reads the environment',
  'cli/paint.js': 'puts codes around a text',
  'cli/program.js': 'a grammar of words of our own',
  'cli/run-call.js': IO,
  'cli/run-text.js paintOutcome': NUMBERS,
  'cli/session.js': IO,
  'cli/stopped-jobs.js': IO,
  'cli/times.js': NUMBERS,
  'cli/watch.js watch': IO,
  'adapters/redis/codec/candidate-codec.js candidacyArgs': 'copies',
  'adapters/redis/create-redis-stores.js': IO,
  'adapters/redis/create-redis-view.js': IO,
  'adapters/redis/redis-candidate-store.js': IO,
  'adapters/redis/connection/redis-client.js': IO,
  'adapters/redis/redis-cluster-store.js': IO,
  'adapters/redis/connection/redis-connection.js': IO,
  'adapters/redis/redis-control-store.js': IO,
  'adapters/redis/redis-history-store.js': IO,
  'adapters/redis/redis-lease-store.js': IO,
  'adapters/redis/connection/cluster-node.js': IO,
  'adapters/redis/connection/presence-connection.js': IO,
  'adapters/redis/connection/redis-presence.js': IO,
  'adapters/redis/connection/redis-replicas.js': IO,
  'adapters/redis/redis-run-store.js': IO,
  'adapters/redis/redis-schedulers.js findSchedulers': IO,
  'adapters/redis/lua-text.js': IO,
  'adapters/redis/redis-scripts.js': IO,
  'adapters/redis/codec/run-codec.js retentionArgs': NUMBERS,
  'adapters/redis/unfinished-runs.js': IO,
  'fencing/fenced-redis.js': IO,
  'fencing/lua-text.js': IO,
  'job-context.js': IO,
  'leader.service.js': IO,
  'nest/nest-schedule.module.js': IO,
  'nest/root-access.js': IO,
  'nest/config-source.js': IO,
  'client/control.js Control': IO,
  'observe/event-emitter.js': IO,
  'observe/event-stream.js': IO,
  'nest/job-explorer.js': IO,
  'nest/adopt-jobs.js': IO,
  'nest/nest-explorers.js': IO,
  'nest/held-explorer.js': IO,
  'nest/job-handler.js': IO,
  'nest/leader-hooks.js': IO,
  'nest/local-jobs.js': IO,
  'nest/lifecycle.js': IO,
  'nest/schedule-log.js': IO,
  'nest/startup-warnings.js': 'its texts go through the log',
  'nest/event-logger.js': IO,
  'nest/method-scanner.js': IO,
  'schedule.module.js': IO,
  'nest/find-provider.js': IO,
  'nest/event-emitter-source.js': IO,
  'client/run-waiter.js': IO,
  'client/scheduler-view.js': 'an abstract class',
  'nest/create-pod-id.js': 'reads the environment',
  'nest/composition-root.js': IO,
  'nest/create-stores.js': IO,
  'schedule.service.js': IO,
  'client/read-status.js readStatus': IO,
  'nest/status-source.js': IO,
  'observe/run-tracing.js': IO,
};

/**
 * Names of arguments that a subject gives and the code does not read, by their beginning, and why.
 *
 * @type {Record<string, string>}
 */
export const UNREAD = {
  'cli/output.js printed(2)': 'the text of this page needs nothing of it',
  'cli/pods.js podsText(0)': 'a pod as shownPods returns it',
  'cli/run-text.js whyOf(0)': 'a run that the verbs share',
  'core/options/misspelt-sections.js misspeltSections(0).scheduler.redis': 'only its name is read',
  'core/options/check-options.js checkOptions(0)': 'a schema of valibot',
  'core/options/check-options.js optionShape(0)[].read': 'called when a value is read',
  'observe/event-fields.js eventFields(0).term.since': 'typed, of which a line has a part',
  'observe/log-lines.js logLine(0)': 'typed, of which a line has a part',
};
