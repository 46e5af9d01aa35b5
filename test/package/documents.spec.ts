import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import { loadAll } from 'js-yaml';

import { SCHEDULE_EVENTS } from '../../lib/core/events.js';
import { resolveOptions } from '../../lib/core/options.js';

describe('the catalogue of errors', () => {
  it('has every code and class, and no other', () => {
    const code = readFileSync('lib/core/errors.ts', 'utf8');
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
  const rows = [...table.matchAll(/^\| `([\w.]+)`\s*\| ([^|]+)\|/gm)];

  it('has every event, in order, and no other', () =>
    expect(rows.map(([, name]) => name)).toEqual([...SCHEDULE_EVENTS]));

  it('has the fields of each', () => {
    const code = readFileSync('lib/core/events.ts', 'utf8');
    const facts = /interface ScheduleEventFacts \{(.*?)^\}/ms.exec(code)?.[1] ?? '';
    const inCode = facts
      .split(/^  readonly '/m)
      .slice(1)
      .map(entry => {
        const name = /^[\w.]+/.exec(entry)?.[0];
        const shared = /Run(?=Facts)|Tick(?=Facts)/.exec(entry)?.[0].toLowerCase();
        const own = [...entry.matchAll(/readonly (\w+):/g)].map(([, field]) => `\`${field}\``);
        return [name, [...(shared === undefined ? [] : [shared]), ...own].join(', ')];
      });
    expect(rows.map(([, name, fields = '']) => [name, fields.trim()])).toEqual(inCode);
  });
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
