import type { Outcome } from '../../base/failure';
import { exitCodes, Failure } from '../../base/failure';
import type { JobCluster } from '../../job/cluster';
import { chooseCronJob, jobsOf, manualJob, refuseSecond } from '../../job/cronJob';
import { followJob, goesOn } from '../../job/follow';
import { scrubber } from '../../secrecy/scrubber';
import { gather } from '../../settings/settings';
import type { Flags, JobFlags } from '../invocation';
import { keepSecrets, rendererOf } from '../request';
import { withStopSignals } from '../signals';

/** Starts the Job of the schedule in the cluster, or follows one. Returns the exit code of the command in its pod. */
export async function jobCommand(flags: Flags, job: JobFlags): Promise<number> {
  keepSecrets();
  const { JobCluster, launcherRights } = await import('../../job/cluster.js');
  const { namespace } = gather(flags.values, process.env, process.cwd());
  const cluster = await JobCluster.connect(job.context, namespace?.value);
  await cluster.checkRights(launcherRights[job.action]);
  if (job.action === 'logs') return follow(flags, cluster, await nameOf(cluster, job));
  const cronJob = chooseCronJob(await cluster.cronJobs(), job.cronJob, cluster.namespace);
  if (!flags.dryRun) refuseSecond(await cluster.jobs(), cronJob, job.args);
  const made = manualJob(cronJob, job.args, new Date());
  await cluster.create(made, flags.dryRun);
  if (flags.dryRun) {
    const { kubernetesYaml } = await import('../../base/kubernetesYaml.js');
    const renderer = rendererOf(flags);
    kubernetesYaml(made)
      .trimEnd()
      .split('\n')
      .forEach((line) => renderer.line(line));
    remark(`The API server would accept this Job; nothing was created.`);
    return exitCodes.done;
  }
  const name = made.metadata?.name ?? '';
  remark(`Job ${cluster.namespace}/${name} is made from CronJob ${cronJob.metadata?.name}.`);
  return follow(flags, cluster, name);
}

async function nameOf(cluster: JobCluster, { name, cronJob: wanted }: JobFlags): Promise<string> {
  if (name !== undefined) return name;
  const cronJob = chooseCronJob(await cluster.cronJobs(), wanted, cluster.namespace);
  const newest = jobsOf(await cluster.jobs(), cronJob)
    .filter(({ spec }) => spec?.suspend !== true)
    .at(-1);
  if (newest === undefined)
    throw new Failure(
      'kubernetes-object-missing',
      `CronJob ${cronJob.metadata?.name} has no Job that has begun; credential-rotation job run starts one.`,
    );
  return newest.metadata?.name ?? '';
}

/** Shows the Job's log on stdout, and everything else on stderr. */
async function follow(flags: Flags, cluster: JobCluster, name: string): Promise<number> {
  const renderer = rendererOf(flags);
  const listener = { line: (text: string) => renderer.line(text), remark };
  const end = await withStopSignals(
    (signal) => followJob(cluster, name, listener, { signal }),
    () => remark(goesOn(name)),
  );
  if (end === undefined) return exitCodes.cancelled;
  if (end.message !== undefined && end.code !== undefined) throw new Failure(end.code, end.message);
  remark(end.message ?? endText(name, end.outcome));
  return exitCodes[end.outcome];
}

function endText(name: string, outcome: Outcome): string {
  const mark = outcome === 'done' ? '✓' : '✗';
  return `${mark} Job ${name} ended with exit code ${exitCodes[outcome]} (${outcome}).`;
}

function remark(text: string): void {
  process.stderr.write(`${scrubber.scrub(text)}\n`);
}
