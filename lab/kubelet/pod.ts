import type { KubernetesObject } from '../kubernetes-client';

/** A Pod, as far as the lab's kubelet looks into it. */
export interface Pod extends KubernetesObject {
  metadata: KubernetesObject['metadata'] & {
    namespace: string;
    uid: string;
    deletionGracePeriodSeconds?: number;
  };
  spec: { nodeName?: string; restartPolicy?: string; containers: Container[] };
  status?: { phase?: string };
}

/** A container of a Pod. */
export interface Container {
  name: string;
  image: string;
  env?: EnvironmentVariable[];
  readinessProbe?: {
    httpGet?: { path?: string };
    failureThreshold?: number;
    periodSeconds?: number;
    timeoutSeconds?: number;
  };
}

/** A variable with a value of its own, or one of a key of a Secret. */
export interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string; key: string; optional?: boolean } };
}

/** What is wrong with a pod, on purpose. */
export type PodFault = 'none' | 'never-ready' | 'crash' | 'health-500' | 'login-page';
