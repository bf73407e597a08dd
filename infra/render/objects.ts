import { cronJob } from '../kubernetes/cronJob';
import { job } from '../kubernetes/job';
import { networkPolicy } from '../kubernetes/networkPolicy';
import { role, roleBinding } from '../kubernetes/role';
import { serviceAccount } from '../kubernetes/serviceAccount';
import { podMonitor, prometheusRule } from '../monitoring/objects';
import type { RotationSettings } from '../kubernetes/settings';
import { persistentVolume, persistentVolumeClaim } from '../kubernetes/storage';

/** A Kubernetes object. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** Every file that may be rendered, in the order in which the objects depend on each other. */
export const fileNames = [
  'service-account.yaml',
  'role.yaml',
  'volume.yaml',
  'network-policy.yaml',
  'monitoring.yaml',
  'cron-job.yaml',
  'job.yaml',
] as const;

/** The objects by file; a file without objects is not written. */
export type ObjectsByFile = Record<(typeof fileNames)[number], KubernetesObject[]>;

/** Makes the objects. */
export function objectsByFile(settings: RotationSettings, volumeHandle: string | undefined): ObjectsByFile {
  const { monitoring } = settings;
  return {
    'service-account.yaml': settings.serviceAccount === undefined ? [serviceAccount(settings)] : [],
    'role.yaml': [role(settings), roleBinding(settings)],
    'volume.yaml':
      volumeHandle === undefined
        ? []
        : [persistentVolume(settings, volumeHandle), persistentVolumeClaim(settings)],
    'network-policy.yaml': [networkPolicy(settings)],
    'monitoring.yaml':
      monitoring === undefined
        ? []
        : [podMonitor(settings, monitoring), prometheusRule(settings, monitoring)],
    'cron-job.yaml': [cronJob(settings)],
    'job.yaml': [job(settings)],
  };
}
