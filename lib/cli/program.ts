import { Command, Option } from 'commander';

import { VERSION } from '../core/version.js';

/** The options of every verb. */
export interface GlobalOptions {
  readonly redisUrl?: string;
  readonly sentinel?: string;
  readonly sentinelName?: string;
  readonly cluster?: string;
  readonly tls?: boolean;
  readonly config?: string;
  readonly app?: string;
  readonly key?: string;
  readonly output: 'table' | 'json';
}

/** The options of single verbs, as they were written; `true` where the value of an option is left out. */
export interface VerbOptions {
  readonly watch?: string | true;
  readonly limit?: string;
  readonly outcome?: string;
  readonly before?: string;
  readonly for?: string;
  readonly reason?: string;
  readonly wait?: string | true;
  readonly own?: boolean;
  readonly timeZone?: string;
  readonly yes?: boolean;
}

/** One call: a verb, its arguments and all its options. */
export interface Call {
  readonly verb: Verb;
  readonly args: readonly (string | undefined)[];
  readonly options: GlobalOptions & VerbOptions;
}

const VERBS = [
  ['status', 'who leads, who competes, what runs'],
  ['jobs', 'the jobs: schedule, next tick, last run, state'],
  ['history [job]', 'the outcomes of past ticks, the newest first'],
  ['running', 'the runs that go on now, with the ids that abort takes'],
  ['pods', 'the pods that compete'],
  ['pause [job]', 'skip the ticks of a job, or of all jobs, until it ends or is resumed'],
  ['resume [job]', 'end the pause of a job, or that of all'],
  ['run <job>', 'ask the leader for a run now, beside the schedule'],
  ['abort <runId>', 'ask a run to end'],
  ['reschedule <job> [schedule]', 'give a job another schedule, on every pod, until --own'],
  ['resign', 'have the leader release the lease, so that another pod leads'],
] as const;

type Usage = (typeof VERBS)[number][0];
type FirstWord<Text extends string> = Text extends `${infer Word} ${string}` ? Word : Text;
export type Verb = FirstWord<Usage>;

const YES = ['-y, --yes', 'do it without asking'] as const;

/** The options of single verbs. */
const OPTIONS: Readonly<Partial<Record<Verb, readonly (readonly [flags: string, description: string])[]>>> = {
  status: [['-w, --watch [interval]', 'refresh at this interval (2s), until Ctrl-C']],
  history: [
    ['-n, --limit <count>', 'at most this many (50)'],
    ['--outcome <outcomes>', 'only these, with commas: succeeded, failed, timed-out, aborted, abandoned, …'],
    ['--before <instant>', 'only ticks before it: ISO 8601, or a duration ago such as 2h'],
  ],
  pause: [['--for <duration>', 'end by itself, such as 30m'], ['--reason <text>', 'why; people see it'], YES],
  run: [['--wait [duration]', "wait for the run's end, at most for the duration if there is one"]],
  reschedule: [
    ['--own', 'back to the schedule that the application says'],
    ['--time-zone <zone>', "IANA zone in which the expression is read (that of the job's schedule)"],
  ],
  resign: [YES],
};

const GLOBAL = [
  new Option('--redis-url <url>', 'where Redis is (REDIS_URL, or redis://localhost:6379)'),
  new Option('--sentinel <addresses>', 'Sentinels, host:port with commas'),
  new Option('--sentinel-name <name>', 'the master that the Sentinels watch (mymaster)'),
  new Option('--cluster <addresses>', 'nodes of a Redis Cluster, host:port with commas'),
  new Option('--tls', 'with --sentinel and --cluster: connect with TLS'),
  new Option(
    '--config <file>',
    "the application's own YAML: schedule.redis, schedule.leader.key, core.appName",
  ),
  new Option('--app <name>', 'appName of the application'),
  new Option('--key <leaseKey>', 'its leader.key, where it has one of its own'),
  new Option('-o, --output <format>', 'format of the answer').choices(['table', 'json']).default('table'),
];

/** The grammar of the command line. Nothing is loaded yet but commander, so that help comes at once. */
export function createProgram(run: (call: Call) => Promise<void>): Command {
  const program = new Command('nestjs-leader-schedule')
    .description('Shows the schedulers of nestjs-leader-schedule in a Redis, and controls them.')
    .version(VERSION, '--version', 'print the version of nestjs-leader-schedule')
    .configureHelp({ showGlobalOptions: true })
    // The caller prints the error.
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  for (const option of GLOBAL) program.addOption(option);
  for (const [usage, description] of VERBS) addVerb(program, usage, description, run);
  return program;
}

function addVerb(
  program: Command,
  usage: Usage,
  description: string,
  run: (call: Call) => Promise<void>,
): void {
  const verb = usage.split(' ', 1).join() as Verb;
  const command = program.command(usage).description(description);
  for (const [flags, text] of OPTIONS[verb] ?? []) command.option(flags, text);
  command.action(async () => {
    const args = command.processedArgs as (string | undefined)[];
    await run({ verb, args, options: command.optsWithGlobals() });
  });
}
