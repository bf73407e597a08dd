import type {
  V1Container,
  V1ContainerPort,
  V1EnvVar,
  V1Pod,
  V1PodSpec,
  V1PodTemplateSpec,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { restartAnnotation } from '../../rotation/annotations';
import { canaryNames } from '../../rotation/canary';
import type { FileMount } from './mounts';
import { overlay } from './mounts';

/** The one label of what a canary makes, by which it is known. No Service, workload or policy of OpenEMR selects it. */
export const canaryLabel = 'credential-rotation/canary';

/** What a pod is made of beside the Deployment's template. */
export interface PodParts {
  name: string;
  namespace: string;
  /** Value of the label: the rotation's id. */
  rotation: string;
  /** After so many seconds Kubernetes itself ends the pod, whatever became of the run. */
  deadlineSeconds: number;
  /** Where its containers have `sqlconf.php`. */
  files: readonly FileMount[];
  /** The folder beside the real file that holds the copy; undefined for a pod on the real file. */
  hidden?: string | undefined;
  /** The Secret that stands for OpenEMR's; undefined where the template's references stay. */
  secret?: { of: string; by: string } | undefined;
}

/**
 * The image does no set-up and no upgrade with it, and leaves the modes of the shared files alone
 * (openemr/openemr-devops, docker/openemr/7.0.4/openemr.sh: each of the three asks for it).
 */
const quiet: V1EnvVar = { name: 'MANUAL_SETUP', value: 'yes' };

/** How much longer than its limit a pod lives by itself, in seconds. */
const deadlineSlackSeconds = 60;

/** What a pod has besides the template and what it sees of the file. */
export function podParts(
  { namespace, deployment, part }: { namespace: string; deployment: string; part: 'pod' | 'control' },
  rotation: string,
  limitSeconds: number,
): Omit<PodParts, 'files'> {
  const deadlineSeconds = Math.ceil(limitSeconds) + deadlineSlackSeconds;
  return { name: canaryNames(deployment)[part], namespace, rotation, deadlineSeconds };
}

/** How long the pod may take to end, in seconds: nobody uses it. */
const graceSeconds = 5;

/**
 * A pod like those of the Deployment, for a look at one login. Image, variables, volumes, sidecars, service account and
 * scheduling are the template's. Left out is what makes others find it, or ends it early. Pure.
 */
export function canaryPod({ metadata, spec: template }: V1PodTemplateSpec, parts: PodParts): V1Pod {
  const { name, namespace, rotation, deadlineSeconds, secret } = parts;
  const spec = structuredClone(template ?? { containers: [] });
  // Nobody ever makes these true or lifts them: the load balancer's controller and the scheduler's know only pods of theirs.
  delete spec.readinessGates;
  delete spec.schedulingGates;
  // The running pods have the node's ports.
  delete spec.hostNetwork;
  // A name in DNS is a way to be found.
  delete spec.hostname;
  delete spec.subdomain;
  delete spec.setHostnameAsFQDN;
  const pod: V1PodSpec = {
    ...spec,
    // Its first end is what is to be seen.
    restartPolicy: 'Never',
    activeDeadlineSeconds: deadlineSeconds,
    terminationGracePeriodSeconds: Math.min(spec.terminationGracePeriodSeconds ?? graceSeconds, graceSeconds),
    containers: spec.containers.map((container) => changed(container, parts)),
    ...(spec.initContainers && {
      initContainers: spec.initContainers.map((container) => changed(container, parts)),
    }),
    ...(spec.volumes && secret && { volumes: spec.volumes.map((volume) => volumeOf(volume, secret)) }),
  };
  const annotations = annotationsOf(metadata?.annotations);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { [canaryLabel]: rotation }, ...(annotations && { annotations }) },
    spec: pod,
  };
}

/** What a mesh or a security profile reads stays; what names a restart would make the pod one of that restart's. */
function annotationsOf(annotations: Record<string, string> = {}): Record<string, string> | undefined {
  const kept = Object.entries(annotations).filter(
    ([key]) => key !== restartAnnotation && !key.startsWith('kubectl.kubernetes.io/'),
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function changed(given: V1Container, { files, hidden, secret }: PodParts): V1Container {
  const container = { ...given };
  const isSidecar = container.restartPolicy === 'Always';
  // They would only end the pod, or take it out of a Service that it is in none of. A sidecar's start is waited for by its neighbours.
  delete container.livenessProbe;
  delete container.readinessProbe;
  if (!isSidecar) delete container.startupProbe;
  // Kubernetes does not take it of a pod that never restarts.
  delete container.resizePolicy;
  if (container.lifecycle) {
    container.lifecycle = { ...container.lifecycle };
    // It would only keep the pod; what starts with the container may be a part of the application.
    delete container.lifecycle.preStop;
  }
  if (container.ports) container.ports = container.ports.map(withoutHostPort);
  if (secret) Object.assign(container, variablesOf(container, secret));
  const file = files.find((each) => each.container === container.name);
  if (file === undefined) return container;
  container.env = [...(container.env ?? []).filter(({ name }) => name !== quiet.name), quiet];
  if (hidden !== undefined) container.volumeMounts = mountsOf(container, file, hidden);
  return container;
}

function withoutHostPort(given: V1ContainerPort): V1ContainerPort {
  const port = { ...given };
  delete port.hostPort;
  delete port.hostIP;
  return port;
}

/** A path can be mounted once: a mount of the file itself gives way. */
function mountsOf({ volumeMounts = [] }: V1Container, file: FileMount, hidden: string): V1VolumeMount[] {
  return [...volumeMounts.filter(({ mountPath }) => mountPath !== file.path), overlay(file, hidden)];
}

type Replaced = NonNullable<PodParts['secret']>;

function variablesOf({ env, envFrom }: V1Container, { of, by }: Replaced): Partial<V1Container> {
  return {
    ...(env && {
      env: env.map((variable) => {
        const key = variable.valueFrom?.secretKeyRef;
        return key?.name === of
          ? { ...variable, valueFrom: { secretKeyRef: { ...key, name: by } } }
          : variable;
      }),
    }),
    ...(envFrom && {
      envFrom: envFrom.map((source) =>
        source.secretRef?.name === of ? { ...source, secretRef: { ...source.secretRef, name: by } } : source,
      ),
    }),
  };
}

function volumeOf(volume: V1Volume, { of, by }: Replaced): V1Volume {
  if (volume.secret?.secretName === of) return { ...volume, secret: { ...volume.secret, secretName: by } };
  const { projected } = volume;
  if (!projected?.sources) return volume;
  const sources = projected.sources.map((source) =>
    source.secret?.name === of ? { ...source, secret: { ...source.secret, name: by } } : source,
  );
  return { ...volume, projected: { ...projected, sources } };
}
