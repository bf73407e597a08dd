import type { KubernetesObject } from '../kubernetes-client';

/** A Pod, as far as the lab's kubelet looks into it. */
export interface Pod extends KubernetesObject {
  metadata: KubernetesObject['metadata'] & {
    namespace: string;
    uid: string;
    deletionGracePeriodSeconds?: number;
    ownerReferences?: { kind: string; name: string }[];
  };
  spec: PodSpec;
  status?: { phase?: string };
}

/** What a Pod asks for. */
export interface PodSpec {
  nodeName?: string;
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  activeDeadlineSeconds?: number;
  serviceAccountName?: string;
  enableServiceLinks?: boolean;
  securityContext?: SecurityContext & { fsGroup?: number; supplementalGroups?: number[] };
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
}

/** Whom a container runs as, and what it may. */
export interface SecurityContext {
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  readOnlyRootFilesystem?: boolean;
  allowPrivilegeEscalation?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
}

/** A container of a Pod. */
export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvironmentVariable[];
  envFrom?: EnvironmentSource[];
  volumeMounts?: VolumeMount[];
  ports?: { containerPort: number }[];
  securityContext?: SecurityContext;
  terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError';
  readinessProbe?: {
    httpGet?: { path?: string };
    failureThreshold?: number;
    periodSeconds?: number;
    timeoutSeconds?: number;
  };
}

/** A key of a Secret or of a ConfigMap. */
export interface KeyReference {
  name: string;
  key: string;
  optional?: boolean;
}

/** A variable with a value of its own, or one that is looked up. */
export interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: KeyReference;
    configMapKeyRef?: KeyReference;
    fieldRef?: { fieldPath: string };
  };
}

/** All keys of a Secret or of a ConfigMap. */
export interface EnvironmentSource {
  prefix?: string;
  secretRef?: { name: string; optional?: boolean };
  configMapRef?: { name: string; optional?: boolean };
}

/** Where a volume is seen in a container. */
export interface VolumeMount {
  name: string;
  mountPath: string;
  subPath?: string;
  readOnly?: boolean;
}

/** Keys of a Secret or ConfigMap as files; all of them without `items`. */
export interface KeysAsFiles {
  name?: string;
  secretName?: string;
  optional?: boolean;
  items?: { key: string; path: string }[];
}

/** Fields of the pod as files. */
export interface FieldsAsFiles {
  items?: { path: string; fieldRef?: { fieldPath: string } }[];
}

/** A part of a projected volume. */
export interface Projection {
  serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number };
  secret?: KeysAsFiles;
  configMap?: KeysAsFiles;
  downwardAPI?: FieldsAsFiles;
}

/** A volume of a Pod. */
export interface Volume {
  name: string;
  emptyDir?: Record<string, unknown>;
  hostPath?: { path: string; type?: string };
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
  secret?: KeysAsFiles & { defaultMode?: number };
  configMap?: KeysAsFiles & { defaultMode?: number };
  downwardAPI?: FieldsAsFiles & { defaultMode?: number };
  projected?: { sources?: Projection[]; defaultMode?: number };
}

/** What is wrong with a pod, on purpose. */
export type PodFault = 'none' | 'never-ready' | 'crash' | 'broken' | HealthForm;

/** Forms of the health page alone; `page-ready` is that of newer versions of OpenEMR and no fault, `login-page` one of somebody else. */
export type HealthForm =
  | 'health-500'
  | 'health-404'
  | 'health-error'
  | 'health-html'
  | 'health-database'
  | 'health-filesystem'
  | 'not-installed'
  | 'login-page'
  | 'page-ready';

/** What runs a pod. */
export interface Worker {
  readonly namespace: string;
  /** Runs the pod's container; resolves when the pod has ended or is being deleted. */
  run(): Promise<void>;
  /** Ends the container in order, or by SIGKILL after the grace, and deletes the Pod object. Idempotent. */
  terminate(graceSeconds: number): Promise<void>;
  /** Ends the container at once. */
  kill(): void;
}
