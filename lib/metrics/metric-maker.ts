import { Counter, Gauge, Histogram } from 'prom-client';

import { InvalidOptionsError } from '../core/errors/errors.js';
import { METRICS, type MetricName } from './metric-table.js';
import type { ResolvedMetricsOptions } from './metrics-options.js';

type NamesOf<Type extends string> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** Makes the metrics of one application, and puts them into its registry and out again. */
export class MetricMaker {
  private readonly made: (Counter | Gauge | Histogram)[] = [];
  private registered: readonly string[] = [];

  constructor(private readonly options: ResolvedMetricsOptions) {}

  /** @param read called at each scrape, before the value is taken; what it throws fails nothing */
  counter(name: NamesOf<'counter'>, read?: (counter: Counter) => unknown): Counter {
    return this.keep(new Counter({ ...this.basics(name), ...onScrape(read) }));
  }

  /** @param read called at each scrape, before the value is taken; what it throws fails nothing */
  gauge(name: NamesOf<'gauge'>, read?: (gauge: Gauge) => unknown): Gauge {
    return this.keep(new Gauge({ ...this.basics(name), ...onScrape(read) }));
  }

  histogram(name: NamesOf<'histogram'>, buckets: readonly number[]): Histogram {
    return this.keep(new Histogram({ ...this.basics(name), buckets: [...buckets] }));
  }

  /** Throws `InvalidOptionsError` when the registry has a metric of such a name already. */
  register(): void {
    const { registry } = this.options;
    const names = this.made.map(nameOf);
    const taken = names.find(name => registry.getSingleMetric(name) !== undefined);
    if (taken !== undefined) throw alreadyThere(taken);
    for (const metric of this.made) registry.registerMetric(metric);
    this.registered = names;
  }

  /** Takes out what was registered. */
  remove(): void {
    for (const name of this.registered) this.options.registry.removeSingleMetric(name);
    this.registered = [];
  }

  private basics(name: MetricName) {
    const { help, labels } = METRICS[name];
    return { name: `${this.options.prefix}${name}`, help, labelNames: [...labels], registers: [] };
  }

  private keep<Made extends Counter | Gauge | Histogram>(metric: Made): Made {
    this.made.push(metric);
    return metric;
  }
}

/** Before a scrape by OpenMetrics a counter has its full name. */
function nameOf(metric: object): string {
  return 'name' in metric ? String(metric.name) : '';
}

function onScrape<Made>(read: ((metric: Made) => unknown) | undefined) {
  return (
    read && {
      async collect(this: Made): Promise<void> {
        try {
          await read(this);
        } catch {
          // The scrape goes on with what is known.
        }
      },
    }
  );
}

function alreadyThere(name: string): InvalidOptionsError {
  return new InvalidOptionsError({
    problem: 'The registry has a metric of this name already',
    received: name,
    remedy:
      'Close the other application first, or give each its own registry or prefix: ScheduleMetricsModule.forRoot({ registry })',
  });
}
