import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';

import { METRICS } from '../../lib/metrics/metric-table.js';
import { hasPromtool, promtool } from '../support/promtool.js';

const FOLDER = 'sample-app/monitoring';
const PREFIX = 'leader_schedule_';
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
const page = readFileSync('docs/health-and-metrics.md', 'utf8');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}
interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly description: string;
    readonly gridPos: { readonly x: number; readonly w: number };
    readonly targets: readonly { readonly expr: string; readonly refId: string }[];
  }[];
}

const rules = (load(read('alert-rules.yaml')) as Rules).groups.flatMap(group => group.rules);
const dashboard = JSON.parse(read('grafana-dashboard.json')) as Dashboard;
const exposed = Object.entries(METRICS).flatMap(([name, { type }]) =>
  type === 'histogram' ? ['_bucket', '_sum', '_count'].map(end => `${name}${end}`) : [name],
);
const unknownIn = (text: string) =>
  [...text.matchAll(/leader_schedule_(\w+)/g)]
    .map(([, name]) => name)
    .filter(name => !exposed.includes(name ?? ''));

describe('the table of metrics', () => {
  it('has every metric as the code knows it, in order, and no other', () => {
    const rows = [
      ...page.matchAll(/^\| `leader_schedule_(\w+)`\s*\| (\w+)\s*\| ([^|]*?)\s*\| (.*?)\s*\|$/gm),
    ];
    expect(rows.map(([, ...cells]) => cells)).toEqual(
      Object.entries(METRICS).map(([name, { type, labels, help }]) => [
        name,
        type,
        labels.map(label => `\`${label}\``).join(', '),
        help,
      ]),
    );
  });

  it('has names as Prometheus wants them: base units, and _total for counters alone', () => {
    for (const [name, { type }] of Object.entries(METRICS)) {
      expect(name).not.toMatch(/_ms$|milli|_minutes/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    }
  });
});

describe('the alert rules of the sample', () => {
  it('query metrics that exist', () => {
    expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
    expect(unknownIn(read('alert-rules.test.yaml'))).toEqual([]);
  });

  it('are those of the page, each with a test', () => {
    const alerts = rules.map(({ alert }) => alert);
    expect([...page.matchAll(/^\| `(LeaderSchedule\w+)`/gm)].map(([, alert]) => alert)).toEqual(alerts);
    const tests = read('alert-rules.test.yaml');
    expect(alerts.filter(alert => !tests.includes(alert))).toEqual([]);
  });
});

describe('the dashboard of the sample', () => {
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  it('shows every metric, and none that does not exist', () => {
    expect(queries.flatMap(unknownIn)).toEqual([]);
    const shown = queries.join(' ');
    expect(Object.keys(METRICS).filter(name => !shown.includes(`${PREFIX}${name}`))).toEqual([]);
  });

  it('can be imported: an identity, panels with numbers of their own, a position and a description', () => {
    expect(dashboard).toMatchObject({ uid: 'leader-schedule', schemaVersion: expect.any(Number) });
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(
      panels.filter(({ gridPos, description }) => gridPos.x + gridPos.w > 24 || description === ''),
    ).toEqual([]);
    for (const { targets } of panels)
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  });
});

(hasPromtool ? describe : describe.skip)('promtool (skipped where there is none)', () => {
  it('accepts the alert rules, and they pass their tests', () => {
    expect(promtool(['check', 'rules', join(FOLDER, 'alert-rules.yaml')])).toMatchObject({ code: 0 });
    const { code, said } = promtool(['test', 'rules', join(FOLDER, 'alert-rules.test.yaml')]);
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  });

  it('can read every query of the dashboard', () => {
    const exprs = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const recorded = exprs.map((expr, at) => ({ record: `query_${at}`, expr }));
    const folder = mkdtempSync(join(tmpdir(), 'leader-schedule-dashboard-'));
    try {
      const file = join(folder, 'rules.yaml');
      // JSON is YAML.
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
      const { code, said } = promtool(['check', 'rules', file]);
      expect({ code, said }).toEqual({
        code: 0,
        said: expect.stringContaining(`${exprs.length} rules found`),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
