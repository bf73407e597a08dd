import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Lab } from '../../../lab';
import { packageRoot } from '../../../lab/package';
import { makeBucket, makeKey, s3Backend } from './backends';
import { commandFile } from './command';
import type { Fleet } from './fleet';
import { Jobs } from './jobs';

const image = 'registry.example/credential-rotation:lab';

/** A Kubernetes object of a manifest. */
interface Rendered {
  kind: string;
  apiVersion: string;
  metadata: { name: string; namespace: string };
  spec?: { template: { spec: PodParts } };
}

interface PodParts {
  securityContext: Record<string, unknown>;
  volumes: Record<string, unknown>[];
  containers: { volumeMounts: Record<string, unknown>[] }[];
}

/** The fleet file for pods: state in the lab's S3, sites below the claim, no folder of this machine. */
export async function fleetFileForPods(lab: Lab, fleet: Fleet, namespace: string): Promise<string> {
  const bucket = `${namespace}-state`;
  await makeBucket(lab, bucket);
  return stringify({
    ...fleet.common,
    job: { namespace, image, sitesClaim: 'openemr-sites', databaseCaConfigMap: 'database-ca' },
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

/** Applies a fleet's manifest to the lab's cluster, with all that a platform team has there. Gives the Job's name. */
export async function applyFleet(
  lab: Lab,
  fleet: Fleet,
  manifest: string,
  namespace: string,
): Promise<string> {
  const [first] = fleet.sites;
  const aws = Object.entries(first?.environment ?? {}).filter(([name]) => name.startsWith('AWS_'));
  lab.addImage(image, {
    root: '/',
    entrypoint: [process.execPath, commandFile],
    environment: {
      ...Object.fromEntries(aws.filter(([name]) => name !== 'AWS_REGION')),
      PULUMI_HOME: lab.pulumiHome,
      CREDENTIAL_ROTATION_ENGINE_ROOT: first?.environment['CREDENTIAL_ROTATION_ENGINE_ROOT'] ?? '',
    },
  });
  lab.setClaim(namespace, 'openemr-sites', path.join(lab.folder, 'sites'));
  const jobs = new Jobs(lab, namespace);
  const { client } = jobs;
  try {
    const head = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await client.create('/api/v1/namespaces', head);
    const ca = readFileSync(lab.database.caFile, 'utf8');
    await jobs.createCore('configmaps', { metadata: { name: 'database-ca' }, data: { 'ca.pem': ca } });
    const objects = parseAllDocuments(manifest).map((document) => document.toJS() as Rendered);
    for (const object of objects) {
      const api = object.apiVersion === 'v1' ? '/api/v1' : `/apis/${object.apiVersion}`;
      const place = `${api}/namespaces/${object.metadata.namespace}/${object.kind.toLowerCase()}s`;
      await client.create(place, object.kind === 'Job' ? onThisMachine(lab, object) : object);
    }
    return objects.find(({ kind }) => kind === 'Job')?.metadata.name ?? '';
  } finally {
    jobs.close();
  }
}

/**
 * What the lab differs in: the image is this machine, whose folders the volume at /tmp would hide, and the files of
 * its sites belong to root.
 */
function onThisMachine(lab: Lab, job: Rendered): Rendered {
  const pod = job.spec?.template.spec;
  if (!pod) throw new Error('a Job without pods');
  pod.securityContext = { runAsUser: 0, runAsGroup: 0 };
  for (const [name, folder] of Object.entries({ lab: lab.folder, package: packageRoot() })) {
    pod.volumes.push({ name, hostPath: { path: folder } });
    pod.containers[0]?.volumeMounts.push({ name, mountPath: folder });
  }
  return job;
}
