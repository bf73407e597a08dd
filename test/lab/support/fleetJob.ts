import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Lab } from '../../../lab';
import { rotationImage } from '../../../lab/image';
import { makeBucket, makeKey, s3Backend } from './backends';
import type { Fleet } from './fleet';
import { createNamespace, Jobs } from './jobs';
import { killAllWith } from './processes';
import { giveFiles, rotationImageName } from './rotationPods';
import { until } from './until';

/** A Kubernetes object of a manifest. */
interface Rendered {
  kind: string;
  apiVersion: string;
  metadata: { name: string; namespace: string };
}

/** The fleet file for pods: state in the lab's S3, sites below the claim, no folder of this machine. */
export async function fleetFileForPods(lab: Lab, fleet: Fleet, namespace: string): Promise<string> {
  const bucket = `${namespace}-state`;
  await makeBucket(lab, bucket);
  return stringify({
    ...fleet.common,
    job: {
      namespace,
      image: rotationImageName,
      sitesClaim: 'openemr-sites',
      databaseCaConfigMap: 'database-ca',
    },
    defaults: {
      ...(fleet.common['defaults'] as Record<string, unknown>),
      home: undefined,
      databaseCaFile: '/etc/credential-rotation/database-ca/ca.pem',
      backendUrl: `s3://${bucket}?${s3Backend(lab)}`,
      secretsProvider: `awskms://${await makeKey(lab)}?region=us-east-1`,
    },
    deployments: fleet.entries.map(({ name = '', ...entry }) => ({
      name,
      ...entry,
      sitesRoot: `/mnt/openemr-sites/${name}/sites`,
    })),
  });
}

/**
 * Makes what a platform team has in its cluster before a fleet's manifest is applied: the image, here with the AWS
 * variables that EKS would give to its pods; the namespace; the database's CA; one claim with the sites of all, whose
 * files belong to the pods' user.
 */
export async function prepareFleet(lab: Lab, fleet: Fleet, namespace: string): Promise<void> {
  const [first] = fleet.sites;
  const image = await rotationImage(lab.folder);
  const aws = Object.entries(first?.environment ?? {}).filter(
    ([name]) => name.startsWith('AWS_') && name !== 'AWS_REGION',
  );
  const environment = { ...image.environment, ...Object.fromEntries(aws) };
  lab.addImage(rotationImageName, { ...image, environment });
  lab.setClaim(namespace, 'openemr-sites', path.join(lab.folder, 'sites'));
  for (const { sitesRoot } of fleet.sites) giveFiles(sitesRoot);
  const jobs = new Jobs(lab, namespace);
  try {
    await createNamespace(jobs.client, namespace);
    const data = { 'ca.pem': readFileSync(lab.database.caFile, 'utf8') };
    await jobs.createCore('configmaps', { metadata: { name: 'database-ca' }, data });
  } finally {
    jobs.close();
  }
}

/** Applies a fleet's manifest to the lab's cluster, every object as it was printed. Gives the Job's name. */
export async function applyFleet(lab: Lab, manifest: string, namespace: string): Promise<string> {
  const jobs = new Jobs(lab, namespace);
  try {
    const objects = parseAllDocuments(manifest).map((document) => document.toJS() as Rendered);
    for (const object of objects) {
      const api = object.apiVersion === 'v1' ? '/api/v1' : `/apis/${object.apiVersion}`;
      const kind = `${object.kind.toLowerCase().replace(/y$/, 'ie')}s`;
      await jobs.client.create(`${api}/namespaces/${object.metadata.namespace}/${kind}`, object);
    }
    return objects.find(({ kind }) => kind === 'Job')?.metadata.name ?? '';
  } finally {
    jobs.close();
  }
}

/** The pods of an index of a Job, in any order. */
export async function podsOfIndex(jobs: Jobs, job: string, index: number): Promise<string[]> {
  const pods = await jobs.pods(job);
  const key = 'batch.kubernetes.io/job-completion-index';
  const found = pods.filter(({ metadata }) => metadata.annotations?.[key] === String(index));
  return found.map(({ metadata }) => metadata.name);
}

/** Ends the first pod of an index at once, as a node that dies, in the midst of a step; gives the pod's name. */
export async function killIndex(jobs: Jobs, job: string, index: number, step: number): Promise<string> {
  let pod = '';
  await until(
    `Job ${job} has a pod of index ${index}`,
    async () => ([pod = ''] = await podsOfIndex(jobs, job, index)).length > 0,
    { limitMs: 600_000 },
  );
  await jobs.wrote(pod, `"step":${step},`, 600_000);
  killAllWith(`HOSTNAME=${pod}`);
  return pod;
}

/** What the report of a fleet's run says, as JSON. */
export interface FleetReport {
  exitCode: number;
  since: string | null;
  counts: Record<string, number>;
  deployments: { name: string; slot: string; standing: string; lastRotation: { end: string } }[];
}

/** Lets the Job that reports a run start, and gives what it printed when it has ended. */
export async function reportOf(jobs: Jobs, job: string, limitMs = 240_000): Promise<FleetReport> {
  await jobs.resume(`${job}-report`);
  await jobs.ended(`${job}-report`, limitMs);
  const [log = ''] = await jobs.logs(`${job}-report`);
  return JSON.parse(log.trimEnd().split('\n').at(-1) ?? '') as FleetReport;
}
