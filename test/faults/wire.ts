import type { Lab, Site } from '../../lab';
import { killRun } from './killRun';
import { killAlone } from '../lab/support/roles';
import type { FaultMode } from './cases';
import { killedAlone } from './cases';

/** What came through the lab's two proxies at some moment: what comes after it is a run's. */
export interface WireMark {
  kubernetes: number;
  aws: number;
}

/** Takes the mark now. */
export function wireMark(lab: Lab): WireMark {
  return { kubernetes: lab.kubernetes.requests().length, aws: lab.aws.requests().length };
}

interface WirePoint {
  system: 'kubernetes' | 'aws' | 'state';
  /** As in `PATCH secret`, `PutSecretValue slots`, or `PUT stacks` for a write below `.pulumi/stacks/` in S3. */
  write: string;
  /** Which one of the same kind in a run, from 1. */
  turn: number;
}

/** Every write of a site's run since the mark, by whatever process: also those that plugins make, where no effect can be. */
export function wirePoints(lab: Lab, site: Site, since: WireMark): string[] {
  const writes = [
    ...lab.kubernetes
      .requests()
      .slice(since.kubernetes)
      .filter(({ write, namespace }) => write && namespace === site.namespace)
      .map(({ verb, resource, status }) => ({
        name: `kubernetes: ${verb.toUpperCase()} ${resource.replace(/s$/, '')}`,
        status,
      })),
    ...lab.aws
      .requests()
      .slice(since.aws)
      .filter(({ write, secretId }) => write && ownSecret(site, secretId) !== undefined)
      .map(({ action, secretId, status }) => ({
        name: `aws: ${action} ${ownSecret(site, secretId)}`,
        status,
      })),
    ...lab.aws
      .requests()
      .slice(since.aws)
      .filter(({ write, path }) => write && ownBucket(site, path))
      .map(({ method, path, status }) => ({
        name: `state: ${method} ${stateFolder(path)}`,
        status,
      })),
  ];
  const turns = new Map<string, number>();
  const points = writes.map(({ name, status }) => {
    const turn = (turns.get(name) ?? 0) + 1;
    turns.set(name, turn);
    return { point: turn === 1 ? name : `${name} (${turn})`, status };
  });
  // The preflight asks for some rights by requests that are refused: they take a turn, and change nothing.
  return points.filter(({ status }) => status < 400).map(({ point }) => point);
}

function ownSecret(site: Site, secretId: string | undefined): 'slots' | 'admin' | undefined {
  if (secretId === site.slotSecretId) return 'slots';
  return secretId === site.adminSecretId ? 'admin' : undefined;
}

/** The bucket that holds the site's state, if one does. */
function bucketOf(site: Site): string | undefined {
  return /^s3:\/\/([^?/]+)/.exec(site.environment['PULUMI_BACKEND_URL'] ?? '')?.[1];
}

function ownBucket(site: Site, path: string): boolean {
  const bucket = bucketOf(site);
  return bucket !== undefined && path.startsWith(`/${bucket}/`);
}

/** The folder below `.pulumi` that a request writes to: stacks, history, locks, backups, or a file beside them. */
function stateFolder(path: string): string {
  return /\.pulumi\/([a-z]+)/.exec(decodeURIComponent(path))?.[1] ?? 'other';
}

/** The point that a name stands for; undefined for an effect or a moment of the engine. */
function parsePoint(name: string): WirePoint | undefined {
  const found = /^(kubernetes|aws|state): ([A-Z]\w+ [a-z]+)(?: \((\d+)\))?$/.exec(name);
  if (!found) return undefined;
  return { system: found[1] as WirePoint['system'], write: found[2] ?? '', turn: Number(found[3] ?? 1) };
}

/**
 * Makes the request that a point names fail, hang, or kill the run with this mark, when it meets the proxy.
 * @returns what takes the fault away; nothing was armed for a point that is not on the wire
 */
export function armWire(
  lab: Lab,
  site: Site,
  { point = '', mode }: { point?: string; mode?: FaultMode },
  runId: string,
  onKilled: () => void = () => undefined,
): () => void {
  const wire = parsePoint(point);
  if (!wire) return () => undefined;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const before = mode === 'fail-before' || mode === 'kill-before' || mode === 'hang';
  const alone = killedAlone(mode);
  const kill = (): void => {
    if (alone === undefined) killRun(runId);
    else if (killAlone(alone, runId) > 0) onKilled();
  };
  const act = mode === 'hang' ? () => released : mode?.startsWith('kill-') ? kill : undefined;
  const how = {
    when: before ? ('before' as const) : ('after' as const),
    skip: wire.turn - 1,
    ...(act ? { [before ? 'onMatch' : 'onDone']: act } : {}),
  };
  const [what = '', whose = ''] = wire.write.split(' ');
  const disarm =
    wire.system === 'state'
      ? lab.aws.fault({ ...how, action: `S3 ${what}`, path: `/${bucketOf(site)}/.pulumi/${whose}` })
      : wire.system === 'kubernetes'
        ? lab.kubernetes.fault({
            ...how,
            verb: what.toLowerCase(),
            resource: `${whose}s`,
            namespace: site.namespace,
            times: 1,
          })
        : // The AWS SDKs try again by themselves: a fault that is to be seen stays until the run has ended.
          lab.aws.fault({
            ...how,
            action: what,
            secretId: whose === 'slots' ? site.slotSecretId : site.adminSecretId,
          });
  return () => {
    disarm();
    release();
  };
}
