/** A scrape, as Prometheus understands it. */
export class Scrape {
  private constructor(
    readonly text: string,
    private readonly samples: ReadonlyMap<string, number>,
  ) {}

  static async of(registry: { metrics(): Promise<string> }): Promise<Scrape> {
    const text = await registry.metrics();
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
    const samples = lines.map(line => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1).replace('Inf', 'Infinity'))] as const;
    });
    return new Scrape(text, new Map(samples));
  }

  /** The value of a series, written without the prefix: `runs_total{job_name="a",outcome="failed"}`. */
  value(series: string): number | undefined {
    return this.samples.get(`leader_schedule_${series}`);
  }

  /** Every series of a metric. */
  seriesOf(name: string): string[] {
    return [...this.samples.keys()].filter(series => series.split('{')[0] === name);
  }

  /** Names of the metrics, as their TYPE lines have them. */
  get names(): string[] {
    return [...this.text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  }
}
