import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { load, loadAll } from 'js-yaml';

import { EXIT } from '../../lib/cli/exit-codes.js';
import { createProgram } from '../../lib/cli/program.js';
import { SCHEDULE_EVENTS } from '../../lib/core/events.js';
import { LEADER_CRON_FIELDS, DECORATOR_FIELDS, SETTINGS_FIELDS } from '../../lib/core/job/job-fields.js';
import { JOB_POLICY_OPTIONS } from '../../lib/core/job/job-policy-options.js';
import { formatDuration } from '../../lib/core/options/duration.js';
import type { OptionField } from '../../lib/core/options/option-field.js';
import { OPTIONS } from '../../lib/core/options/option-table.js';
import { resolveOptions } from '../../lib/core/options/options.js';
import { LeaderService, ScheduleService } from '../../lib/index.js';
import { ALL_PAGES, PAGES, snippetsOf } from '../support/documented-snippets.js';

/** The rows of the table between two markers of a page. */
function rowsOf(page: string, marker: string): string[][] {
  const table = page.split(`<!-- ${marker} -->`)[1]?.split(`<!-- /${marker} -->`)[0] ?? '';
  const rows = table.trim().split('\n').slice(2);
  return rows.map(row =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map(cell => cell.trim()),
  );
}

/** Such as ` Between 1 ms and 24 h.`. */
function boundsOf({ read: { bounds } }: OptionField): string {
  if (bounds === undefined) return '';
  const [least, most] = [bounds.minMs, bounds.maxMs].map(ms => formatDuration(ms).replace(/(?=\D+$)/, ' '));
  return ` Between ${least} and ${most}.`;
}

/** To paste into the table; prettier aligns it. */
const asRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

describe('the page on configuration', () => {
  const page = readFileSync('docs/configuration.md', 'utf8');

  it('lists every option as the code knows it', () => {
    expect(rowsOf(page, 'options').map(asRow)).toEqual(
      OPTIONS.map(option =>
        asRow([
          `\`${option.path}\``,
          option.variable === undefined
            ? 'in code only'
            : `\`${option.configPath ?? `schedule.${option.path}`}\``,
          option.variable === undefined ? 'none' : `\`${option.variable}\``,
          option.default === '' ? 'none' : `\`${option.default}\``,
          `${option.description}${boundsOf(option)}`,
        ]),
      ),
    );
  });

  it('lists the options of a job beside the defaults, and where each is given', () => {
    const policy = JOB_POLICY_OPTIONS.map(({ path }) => path);
    const names = [...LEADER_CRON_FIELDS, ...SETTINGS_FIELDS].map(({ path }) => path);
    const has = (fields: readonly { path: string }[], name: string) =>
      fields.some(({ path }) => path === name);
    const expected = [...new Set(names)]
      .filter(name => !policy.includes(name))
      .map(name => {
        const onDecorators = has(LEADER_CRON_FIELDS, name) ? ['`@LeaderCron`'] : [];
        const decorators = has(DECORATOR_FIELDS, name) ? ['decorators'] : onDecorators;
        const byName = has(SETTINGS_FIELDS, name) ? ['by name'] : [];
        return `\`${name}\`: ${[...decorators, ...byName].join(', ')}`;
      });
    const listed = rowsOf(page, 'job options').map(([name, where]) => `${name}: ${where}`);
    expect(listed.sort()).toEqual(expected.sort());
  });

  it('shows the message by which a wrong configuration is refused', () => {
    const config = (name: string) =>
      load(snippetsOf('docs/configuration.md').find(one => one.name === name)?.text ?? '') as never;
    const refuse = () => resolveOptions({ config: config('refused') });
    const shown = /is answered with\s+```\n(.*?)\n```/s.exec(page)?.[1] ?? '';
    expect(refuse).toThrow(shown);
    const { core, schedule } = config('yaml') as { core: { appName: string }; schedule: object };
    expect(resolveOptions({ config: { schedule, appName: core.appName } })).toMatchObject({
      leaderKey: 'scheduler:billing:leader',
    });
  });
});

describe('the page on control', () => {
  const page = readFileSync('docs/control.md', 'utf8');
  const members = (type: { prototype: object }) =>
    Object.getOwnPropertyNames(type.prototype).filter(name => name !== 'constructor');
  const code =
    readFileSync('lib/schedule.service.ts', 'utf8') + readFileSync('lib/leader.service.ts', 'utf8');
  /** Written here: not private, and no name of 0.4, which only the migration guide has. */
  const isPublic = (name: string) => new RegExp(`^  (async |get )?${name}\\(`, 'm').test(code);

  it('names every public member of the services', () => {
    const names = [...members(ScheduleService), ...members(LeaderService)].filter(isPublic);
    const all = [...names, 'events', 'changes', 'podId'];
    expect(all.filter(name => !new RegExp(`\`${name}\\b`).test(page))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['pause', 'runNow', 'resign', 'isLeader', 'term']));
  });
});

describe('the links between pages', () => {
  /** A path is written with its ending or without. */
  const isThere = (path: string) => ['', '.ts', '.mjs'].some(end => existsSync(path + end));
  const anchors = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );

  it.each(ALL_PAGES)('of %s lead to files and headings that exist', page => {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(target) || (anchor !== undefined && !anchors(target).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it.each(ALL_PAGES.filter(page => page !== 'CHANGELOG.md'))('%s names files that exist', page => {
    const code = [
      ...readFileSync(page, 'utf8').matchAll(/`((?:lib|test|bench|sample-app|docs)\/[\w./-]+)`/g),
    ];
    expect(code.map(([, path = '']) => path).filter(path => !isThere(path))).toEqual([]);
  });

  it('lead from the README to every page', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(PAGES.filter(page => page !== 'README.md' && !readme.includes(`](${page}`))).toEqual([]);
  });
});

describe('the decisions', () => {
  const pages = readdirSync('docs/decisions').filter(name => name !== 'README.md');

  it('are numbered without a gap and listed in the index', () => {
    const index = readFileSync('docs/decisions/README.md', 'utf8');
    expect(pages.map(name => Number(name.slice(0, 3)))).toEqual(pages.map((_, at) => at + 1));
    expect(pages.filter(name => !index.includes(`](${name})`))).toEqual([]);
  });

  it.each(pages)('%s has its four parts in 40 lines', name => {
    const text = readFileSync(`docs/decisions/${name}`, 'utf8');
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Context', 'Decision', 'Alternatives and why they fail', 'Consequences']);
    expect(text.split('\n').length).toBeLessThanOrEqual(41);
  });
});

describe('the catalogue of errors', () => {
  it('has every code and class, and no other', () => {
    const code = readFileSync('lib/core/errors/errors.ts', 'utf8');
    const inCode = [
      ...code.matchAll(/export class (\w+) extends (?:Schedule)?Error \{\s+readonly code = '(\w+)'/g),
    ];
    const page = readFileSync('docs/errors.md', 'utf8');
    const onPage = [...page.matchAll(/^\| `(\w+)`\s*\| `(\w+)`/gm)];
    expect(onPage.map(([, name, type]) => `${name} ${type}`)).toEqual(
      inCode.map(([, type, name]) => `${name} ${type}`),
    );
    const codes = /export type ErrorCode =([^;]+);/.exec(code)?.[1]?.match(/\w+/g);
    expect(codes).toEqual(inCode.map(([, , name]) => name));
  });
});

describe('the table of events', () => {
  const page = readFileSync('docs/events.md', 'utf8');
  const table = /^## Every event$(.*?)^## /ms.exec(page)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| `([\w.-]+)`\s*\| ([^|]+)\|/gm)];

  it('has every event, in order, and no other', () =>
    expect(rows.map(([, name]) => name)).toEqual([...SCHEDULE_EVENTS]));

  it('has the fields of each', () => {
    const code = readFileSync('lib/core/events.ts', 'utf8');
    const facts = /interface ScheduleEventFacts \{(.*?)^\}/ms.exec(code)?.[1] ?? '';
    const inCode = facts
      .split(/^  readonly '/m)
      .slice(1)
      .map(entry => {
        const name = /^[\w.-]+/.exec(entry)?.[0];
        const shared = /Run(?=EventFacts)|Tick(?=EventFacts)/.exec(entry)?.[0].toLowerCase();
        const own = [...entry.matchAll(/readonly (\w+):/g)].map(([, field]) => `\`${field}\``);
        return [name, [...(shared === undefined ? [] : [shared]), ...own].join(', ')];
      });
    expect(rows.map(([, name, fields = '']) => [name, fields.trim()])).toEqual(inCode);
  });
});

describe('the page of the command line', () => {
  const page = readFileSync('docs/command-line.md', 'utf8');
  const rowsUnder = (title: string): string[][] => {
    const text = new RegExp(`^## ${title}$(.*?)(?=^## |$(?![^]))`, 'ms').exec(page)?.[1] ?? '';
    const rows = [...text.matchAll(/^\| (?!-)(.*) \|$/gm)].slice(1);
    return rows.map(([, row = '']) => row.split(' | ').map(cell => cell.trim()));
  };
  const program = createProgram(() => Promise.resolve());
  const verbs = program.commands.filter(command => command.name() !== 'help');

  it('has every verb with its arguments', () =>
    expect(rowsUnder('Verbs').map(([verb]) => verb)).toEqual(
      verbs.map(verb => `\`${[verb.name(), ...verb.registeredArguments.map(argument)].join(' ')}\``),
    ));

  it('has every option, and whose it is', () => {
    const named = (options: readonly { long?: string; short?: string }[]) =>
      options.map(({ long, short }) => [long, short].flatMap(name => (name ? `\`${name}\`` : [])).join(', '));
    const expected = new Map(named(program.options).map(name => [name, ['all']]));
    for (const verb of verbs)
      for (const name of named(verb.options))
        expected.set(name, [...(expected.get(name) ?? []), `\`${verb.name()}\``]);
    expect(rowsUnder('Options').map(([name, of]) => [name, of])).toEqual(
      [...expected].map(([name, of]) => [name, of.join(', ')]),
    );
  });

  it('has every exit code', () =>
    expect(rowsUnder('Exit codes').map(([code, name]) => [Number(code), name])).toEqual(
      Object.entries(EXIT).map(([name, code]) => [code, `\`${name}\``]),
    ));

  it('has the JSON of every verb', () =>
    expect(rowsUnder('JSON').map(([verb]) => verb)).toEqual(verbs.map(verb => `\`${verb.name()}\``)));

  function argument(one: { required: boolean; name: () => string }): string {
    return one.required ? `<${one.name()}>` : `[${one.name()}]`;
  }
});

describe('the manifests of the sample', () => {
  const documents = (file: string) =>
    loadAll(readFileSync(`sample-app/${file}`, 'utf8')) as Record<string, never>[];

  it.each(readdirSync('sample-app/kubernetes'))('%s is a list of Kubernetes objects', file => {
    for (const object of documents(`kubernetes/${file}`)) {
      expect(object).toMatchObject({
        apiVersion: expect.any(String),
        kind: expect.any(String),
        metadata: { name: expect.any(String) },
      });
    }
  });

  it('keep all pods but one while nodes are drained', () => {
    const budget = documents('kubernetes/app.yaml').filter(object =>
      String(object['kind']).endsWith('Budget'),
    );
    expect(budget).toMatchObject([{ kind: 'PodDisruptionBudget', spec: { maxUnavailable: 1 } }]);
  });

  it('give a pod longer to stop than its jobs have to end, and its name by the downward API', () => {
    const text = readFileSync('sample-app/kubernetes/app.yaml', 'utf8');
    const [grace, drain] = [/terminationGracePeriodSeconds: (\d+)/, /drainTimeout: (\d+)s/].map(pattern =>
      Number(pattern.exec(text)?.[1]),
    );
    expect(grace).toBeGreaterThan(drain ?? Infinity);
    expect(text).toMatch(/POD_NAME\s+valueFrom: .*metadata\.name/);
  });

  it('have configurations that are accepted', () => {
    const [configMap] = documents('kubernetes/app.yaml') as unknown as [{ data: { 'app.yaml': string } }];
    for (const yaml of [configMap.data['app.yaml'], readFileSync('sample-app/config/app.yaml', 'utf8')]) {
      const [{ core, schedule }] = loadAll(yaml) as [{ core: { appName: string }; schedule: object }];
      expect(resolveOptions({ config: { schedule, appName: core.appName } })).toMatchObject({
        leaderKey: 'scheduler:sample-app:leader',
      });
    }
  });

  it('run three replicas with compose, stopped no sooner than their jobs end', () => {
    const [compose] = documents('docker-compose.yml') as unknown as [{ services: { app: object } }];
    expect(compose.services.app).toMatchObject({ deploy: { replicas: 3 }, stop_grace_period: '30s' });
  });
});
