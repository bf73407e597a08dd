import type { FleetJobSettings, FleetTarget } from '../../kubernetes/fleetJob';
import type { FleetFile, JobText } from '../../../src/fleet/fleetFile';
import { jobSchema, rightNames } from '../../../src/fleet/fileSchema';
import { fleetJobSettings, usualLimit } from '../../../src/fleet/jobSettings';
import { keyOf } from '../../../src/fleet/keys';
import type { OptionName } from '../../../src/settings/options';
import type { Switch } from '../node';
import { addCanaryNames, addDeadlines, helper } from '../special';
import type { Special } from '../symbols';
import { SymbolMaker } from '../symbols';
import { Tokens } from '../tokens';

type IsOn = (on: Switch) => boolean;

const job = '$.Values.job';

/** Whether a CronJob is made. */
const scheduled = `${job}.schedule`;

/** A number that the file holds as a text, and that may be 0: nothing but its key says that it is there. */
const numeral = (key: keyof JobText): Special => numeralIf(`hasKey ${job} "${key}"`, `(int64 ${job}.${key})`);

const numeralIf =
  (condition: string, expression: string): Special =>
  ({ tokens, switchOf }) => {
    const [on, text] = [switchOf(condition), String(tokens.number(expression))];
    return (isOn) => (isOn(on) ? text : undefined);
  };

/** The fields of `job` that functions compute with. */
const special: Readonly<Record<string, Special>> = {
  'job.uid': ({ tokens, switchOf }) => {
    const root = switchOf(`eq (toString ${job}.uid) "0"`);
    const other = switchOf(`hasKey ${job} "uid"`);
    const text = String(tokens.number(`(int64 ${job}.uid)`));
    return (isOn) => (isOn(root) ? '0' : isOn(other) ? text : undefined);
  },
  'job.gid': numeral('gid'),
  'job.retries': numeral('retries'),
  'job.databasePort': numeral('databasePort'),
  // That of HTTPS is there in any case.
  'job.apiServerPort': numeralIf(
    `and ${job}.apiServerPort (ne (int64 ${job}.apiServerPort) 443)`,
    `(int64 ${job}.apiServerPort)`,
  ),
  // Each page's own; see `pages`.
  'job.healthPort': () => () => undefined,
  'job.schedule': ({ tokens, switchOf }) => {
    const on = switchOf(scheduled);
    const text = tokens.text('schedule', `(${helper('schedule')} $)`);
    return (isOn) => (isOn(on) ? text : undefined);
  },
  'job.optionalRights': ({ switchOf }) => {
    const each = rightNames.map(
      (right) => [right, switchOf(`has "${right}" ${job}.optionalRights`)] as const,
    );
    return (isOn) => each.flatMap(([right, on]) => (isOn(on) ? [right] : []));
  },
  'job.egress.item.port': ({ tokens }, { expression, loop }) => {
    const text = String(tokens.number(`(int64 ${expression})`, loop));
    return () => text;
  },
  // What has no range of addresses has a namespace.
  'job.egress.item.namespace': ({ tokens }, { path, expression, loop }) => {
    const text = tokens.text(path, expression, loop);
    return () => text;
  },
  'job.tolerations.item': ({ tokens }, { expression, loop }) => {
    const text = '‹toleration›';
    tokens.add({ text, expression, loop, whole: true });
    return () => ({ key: text });
  },
};

/** The settings of a fleet's objects as symbols. */
export class FleetSymbols {
  readonly tokens = new Tokens();
  private readonly maker = new SymbolMaker(this.tokens, special);
  private readonly job = this.maker.of(jobSchema, { path: 'job', expression: job, hasDefault: true });
  readonly scheduled = this.maker.switchOf(scheduled);
  private readonly stops = this.maker.switchOf('eq $.Values.onFailure "stop"');
  private readonly name = this.tokens.text('name', '$.Values.name');
  private readonly text = this.tokens.text('file', `(${helper('file')} $)`);
  private readonly hash = this.tokens.text('hash', `(${helper('fileHash')} $)`);
  private readonly stamp = this.tokens.text('stamp', `(${helper('stamp')} $)`);
  private readonly since = this.tokens.text('since', `(${helper('since')} $)`);
  /** Smaller than the number of deployments: the functions take the lesser, and so does its expression. */
  private readonly parallelism = this.tokens.number(
    '(min (int64 $.Values.concurrency) (len $.Values.deployments))',
  );
  private readonly completions = this.tokens.number('(len $.Values.deployments)');
  private readonly limits = this.limitTokens();
  private readonly target = this.targetTokens();
  private readonly page = this.pageTokens();

  get switches(): readonly Switch[] {
    return this.maker.switches;
  }

  /**
   * What `fleet manifest` makes of a file of symbols.
   * @param of whose names the targets have: each namespace's deployments, or the health pages
   */
  settings(isOn: IsOn, of: 'namespaces' | 'pages'): FleetJobSettings {
    const made = fleetJobSettings({
      file: this.file(isOn),
      text: this.text,
      limits: {
        concurrency: this.parallelism,
        staggerMs: 0,
        onFailure: isOn(this.stops) ? 'stop' : 'continue',
      },
      image: undefined,
      schedule: undefined,
      now: new Date(0),
    });
    return {
      ...made,
      runName: `${made.pod.name}-${this.stamp}`,
      fileHash: this.hash,
      since: made.since === undefined ? undefined : this.since,
      completions: this.completions,
      targets: [of === 'pages' ? this.page : this.target],
    };
  }

  private file(isOn: IsOn): FleetFile {
    // Places that pods can use; they stand in no object.
    const usable = { backendUrl: 's3://state', secretsProvider: 'awskms://key' };
    return {
      name: this.name,
      defaults: { ...usable, ...this.limits },
      job: this.job(isOn) as JobText,
      deployments: [{ name: 'one', own: {} }],
    };
  }

  private limitTokens() {
    const { tokens } = this;
    const longest = (option: OptionName): { number: number; expression: string } => {
      const values = `dict "root" $ "key" "${keyOf(option)}" "usual" ${usualLimit(option)}`;
      const expression = `(${helper('longest')} (${values}) | int64)`;
      return { number: tokens.number(expression), expression };
    };
    const [rollout, health] = [longest('rolloutTimeoutSeconds'), longest('healthLimitSeconds')];
    const [idle, canary] = [longest('idleLimitSeconds'), longest('canaryLimitSeconds')];
    const limits = {
      rolloutSeconds: rollout.number,
      healthSeconds: health.number,
      idleSeconds: idle.number,
    };
    addDeadlines(tokens, limits, '0');
    addDeadlines(tokens, { ...limits, canarySeconds: canary.number }, canary.expression);
    return {
      rolloutTimeoutSeconds: String(rollout.number),
      healthLimitSeconds: String(health.number),
      idleLimitSeconds: String(idle.number),
      canaryLimitSeconds: String(canary.number),
    };
  }

  private targetTokens(): FleetTarget {
    const { tokens } = this;
    const namespaces = { range: `$namespace := ${helper('namespaces')} $ | fromJsonArray` };
    const inNamespace = `${helper('deploymentsIn')} (dict "root" $ "namespace" $namespace)`;
    const loop = { range: `$deployment := ${inNamespace} | fromJsonArray` };
    const deployment = tokens.text('deployment', '$deployment.deployment', loop);
    addCanaryNames(tokens, deployment, '$deployment.deployment', loop);
    return {
      namespace: tokens.text('namespace', '$namespace', namespaces),
      deployment,
      kubernetesSecret: tokens.text('secret', '$deployment.kubernetesSecret', loop),
    };
  }

  private pageTokens(): FleetTarget {
    const loop = { range: `$page := ${helper('pages')} $ | fromJsonArray` };
    return {
      namespace: this.tokens.text('page', '$page.namespace', loop),
      deployment: '',
      kubernetesSecret: '',
      healthPort: this.tokens.number('(int64 $page.port)', loop),
    };
  }
}
