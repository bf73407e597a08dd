import type { V1CronJob, V1Job, V1Pod } from '@kubernetes/client-node';
import { cronJob as cronJobOf } from '../../../infra/kubernetes/cronJob';
import { exampleSettings } from '../../../infra/kubernetes/example';

/** The CronJob that infra/ makes. */
export const cronJob = {
  ...cronJobOf(exampleSettings),
  metadata: { ...cronJobOf(exampleSettings).metadata, uid: 'u1' },
} as unknown as V1CronJob;

/** A Job of one container `c`. */
export function job(status: V1Job['status'] = {}, name = 'j'): V1Job {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c' }] } };
  return { metadata: { name }, spec: { template }, status };
}

type ContainerState = NonNullable<NonNullable<NonNullable<V1Pod['status']>['containerStatuses']>[0]['state']>;

/** Its pod. */
export function pod(state: ContainerState | undefined, status: V1Pod['status'] = {}): V1Pod {
  const own = {
    name: 'c',
    image: 'i',
    imageID: 'i',
    ready: false,
    restartCount: 0,
    ...(state === undefined ? {} : { state }),
  };
  const resources = { limits: { memory: '1Gi' } };
  return {
    metadata: { name: 'p', creationTimestamp: new Date(0) },
    spec: { restartPolicy: 'Never', containers: [{ name: 'c', resources }] },
    status: { phase: 'Pending', ...(state === undefined ? {} : { containerStatuses: [own] }), ...status },
  };
}
