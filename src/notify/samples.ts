/** One value of a metric. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** A metric: what `HELP` and `TYPE` say of it, and its label beside those that all have. */
export interface Metric {
  type: 'gauge' | 'counter';
  help: string;
  label?: string;
}

/** Labels of every metric. */
export const commonLabels = ['stack', 'namespace', 'deployment'] as const;

/** The name under which a sample stands once in a text. */
export function keyOf({ name, labels }: Omit<Sample, 'value'>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return `${name}{${pairs.join(',')}}`;
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const unescaped = (value: string): string =>
  value.replace(/\\([\\"n])/g, (_all, char: string) => (char === 'n' ? '\n' : char));

/** The text of samples in Prometheus's exposition format, metric by metric in the table's order. */
export function renderSamples(metrics: Record<string, Metric>, samples: readonly Sample[]): string {
  const lines = Object.entries(metrics).flatMap(([name, { type, help }]) => {
    const own = samples.filter((sample) => sample.name === name);
    if (own.length === 0) return [];
    const values = own.map((sample) => `${keyOf(sample)} ${valueText(sample.value)}`).sort();
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...values];
  });
  return lines.map((line) => `${line}\n`).join('');
}

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(Math.round(value * 1000) / 1000);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

const samplePattern = /^([a-z_]+)\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}\s+(\S+)(?:\s+-?\d+)?\s*$/;

/**
 * Reads samples of these metrics. Everything else in the text is passed over: other metrics, other labels, and lines
 * that are damaged.
 */
export function parseSamples(metrics: Record<string, Metric>, text: string): Sample[] {
  return text.split('\n').flatMap((line): Sample[] => {
    const [, name = '', pairs = '', number = ''] = samplePattern.exec(line) ?? [];
    const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
    const value = number === 'NaN' ? NaN : Number(number);
    if (!metric || number === '' || (number !== 'NaN' && !Number.isFinite(value))) return [];
    const given = new Map(
      [...pairs.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(
        ([, label, found]) => [label, unescaped(found ?? '')] as const,
      ),
    );
    const names = [...commonLabels, ...(metric.label === undefined ? [] : [metric.label])];
    const labels = names.map((label) => [label, given.get(label)] as const);
    return labels.every((pair): pair is readonly [(typeof names)[number], string] => pair[1] !== undefined)
      ? [{ name, labels: Object.fromEntries(labels), value }]
      : [];
  });
}
