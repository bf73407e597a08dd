import { CronJob } from '@pulumi/kubernetes/batch/v1/cronJob';
import { Job } from '@pulumi/kubernetes/batch/v1/job';
import { PersistentVolume } from '@pulumi/kubernetes/core/v1/persistentVolume';
import { PersistentVolumeClaim } from '@pulumi/kubernetes/core/v1/persistentVolumeClaim';
import { CustomResource } from '@pulumi/kubernetes/apiextensions/customResource';
import { ServiceAccount } from '@pulumi/kubernetes/core/v1/serviceAccount';
import { NetworkPolicy } from '@pulumi/kubernetes/networking/v1/networkPolicy';
import { Role } from '@pulumi/kubernetes/rbac/v1/role';
import { RoleBinding } from '@pulumi/kubernetes/rbac/v1/roleBinding';
import type { Input, Output, Resource } from '@pulumi/pulumi';
import { cronJob } from '../kubernetes/cronJob';
import { job } from '../kubernetes/job';
import { networkPolicy } from '../kubernetes/networkPolicy';
import { role, roleBinding } from '../kubernetes/role';
import { serviceAccount } from '../kubernetes/serviceAccount';
import { podMonitor, prometheusRule } from '../monitoring/objects';
import type { RotationSettings } from '../kubernetes/settings';
import { persistentVolume, persistentVolumeClaim } from '../kubernetes/storage';
import { childOf, type Scope } from './scope';

/** Makes the objects of the cluster's half. */
export function makeObjects(
  scope: Scope,
  settings: RotationSettings<Input<string>>,
  volumeHandle: Output<string> | undefined,
): void {
  const { name } = scope;
  const options = childOf(scope);
  const identity: Resource[] =
    settings.serviceAccount === undefined
      ? [new ServiceAccount(name, serviceAccount(settings), options)]
      : [];
  const rights = new Role(name, role(settings), options);
  const binding = new RoleBinding(
    name,
    roleBinding(settings),
    childOf(scope, { dependsOn: [rights, ...identity] }),
  );
  const policy = new NetworkPolicy(name, networkPolicy(settings), options);
  const dependsOn = [binding, policy, ...makeVolume(scope, settings, volumeHandle)];
  const { monitoring } = settings;
  if (monitoring !== undefined)
    for (const object of [podMonitor(settings, monitoring), prometheusRule(settings, monitoring)])
      new CustomResource(`${name}-${object.kind.toLowerCase()}`, object, options);
  new CronJob(name, cronJob(settings), childOf(scope, { dependsOn }));
  // A Job cannot be changed, only made anew, and its name is taken until the old one is gone.
  new Job(name, withoutWaiting(job(settings)), childOf(scope, { dependsOn, deleteBeforeReplace: true }));
}

function makeVolume(
  scope: Scope,
  settings: RotationSettings<Input<string>>,
  volumeHandle: Output<string> | undefined,
): Resource[] {
  if (volumeHandle === undefined) return [];
  const volume = new PersistentVolume(scope.name, persistentVolume(settings, volumeHandle), childOf(scope));
  return [
    new PersistentVolumeClaim(
      scope.name,
      persistentVolumeClaim(settings),
      childOf(scope, { dependsOn: [volume] }),
    ),
  ];
}

/**
 * Pulumi would wait for the end of a Job that is suspended. But then it does not wait either until a Job that it deletes
 * is gone, and by its default the garbage collector keeps that one for a moment, so that the new one meets the old one's
 * fields: in the background it is gone at once.
 */
function withoutWaiting<T extends { metadata: object }>(object: T) {
  const annotations = {
    'pulumi.com/skipAwait': 'true',
    'pulumi.com/deletionPropagationPolicy': 'background',
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
