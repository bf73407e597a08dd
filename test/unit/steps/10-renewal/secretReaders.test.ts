import { expect } from 'chai';
import type { V1PodSpec } from '@kubernetes/client-node';
import { findSecretReaders, readersAmong } from '../../../../src/steps/10-renewal/secretReaders';
import type { Workload } from '../../../../src/steps/10-renewal/secretReaders';
import { Kubernetes } from '../../../../src/kubernetes/kubernetes';
import { ApiError } from '../../../../src/kubernetes/api';

const target = { namespace: 'clinic', deployment: 'openemr', secret: 'db' };

const byVariable: Partial<V1PodSpec> = {
  containers: [{ name: 'c', env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'k' } } }] }],
};
const byFile = (source: NonNullable<V1PodSpec['volumes']>[number]): Partial<V1PodSpec> => ({
  volumes: [source],
});

function pod(part: Partial<V1PodSpec>): { spec: V1PodSpec } {
  return { spec: { containers: [{ name: 'c' }], ...part } };
}

function workload(name: string, part: Partial<V1PodSpec>, more: Partial<Workload> = {}): Workload {
  return { metadata: { name }, spec: { template: pod(part) }, ...more };
}

describe('other workloads that read the Secret', () => {
  it('are seen by each way that leads to it, and OpenEMR itself is none', () => {
    const items = [
      workload('openemr', byVariable),
      workload('variable', byVariable),
      workload('all-variables', {
        initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'db' } }] }],
      }),
      workload('file', byFile({ name: 'v', secret: { secretName: 'db' } })),
      workload('projected', byFile({ name: 'v', projected: { sources: [{ secret: { name: 'db' } }] } })),
      workload('image', { imagePullSecrets: [{ name: 'db' }] }),
      workload('another', byFile({ name: 'v', secret: { secretName: 'other' } })),
    ];
    expect(readersAmong('Deployment', items, target)).to.deep.equal([
      { kind: 'Deployment', name: 'variable', by: 'variables' },
      { kind: 'Deployment', name: 'all-variables', by: 'variables' },
      { kind: 'Deployment', name: 'file', by: 'files' },
      { kind: 'Deployment', name: 'projected', by: 'files' },
    ]);
    // The name excuses the Deployment alone.
    expect(readersAmong('StatefulSet', items.slice(0, 1), target)).to.have.lengthOf(1);
  });

  it('are left out when they have no pod that could keep the old login', () => {
    const job = (conditions: { type: string; status: string }[], owner?: string): Workload =>
      workload('job', byVariable, {
        status: { conditions },
        metadata: {
          name: 'job',
          ...(owner ? { ownerReferences: [{ apiVersion: 'v1', kind: owner, name: 'o', uid: 'u' }] } : {}),
        },
      });
    const cronJob = (suspend: boolean, active: object[]): Workload => ({
      metadata: { name: 'nightly' },
      spec: { suspend, jobTemplate: { spec: { template: pod(byVariable) } } },
      status: { active },
    });
    const scaled = workload('w', byVariable, { spec: { replicas: 0, template: pod(byVariable) } });
    const count = (kind: 'Job' | 'CronJob' | 'StatefulSet', item: Workload): number =>
      readersAmong(kind, [item], target).length;
    expect(count('StatefulSet', scaled)).to.equal(0);
    expect(count('Job', job([]))).to.equal(1);
    expect(count('Job', job([{ type: 'Complete', status: 'True' }]))).to.equal(0);
    expect(count('Job', job([{ type: 'Failed', status: 'True' }]))).to.equal(0);
    expect(count('Job', job([{ type: 'Complete', status: 'False' }]))).to.equal(1);
    expect(count('Job', job([], 'CronJob'))).to.equal(0);
    expect(count('CronJob', cronJob(false, []))).to.equal(1);
    expect(count('CronJob', cronJob(true, []))).to.equal(0);
    expect(count('CronJob', cronJob(true, [{}]))).to.equal(1);
  });

  it('come in the order of their kinds; what may not or cannot be listed is told apart, and throws nothing', async () => {
    class Cluster extends Kubernetes {
      override list<T>(_group: string, resource: string): Promise<T[]> {
        if (resource === 'jobs') return Promise.reject(new ApiError(403));
        if (resource === 'daemonsets') return Promise.reject(new ApiError(503));
        if (resource === 'cronjobs') return Promise.reject(new Error('connection reset'));
        return Promise.resolve([workload(`a-${resource}`, byVariable) as T]);
      }
    }
    const { readers, denied, failed } = await findSecretReaders(new Cluster(target));
    expect(readers.map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal([
      'Deployment a-deployments',
      'StatefulSet a-statefulsets',
    ]);
    expect(denied).to.deep.equal(['jobs']);
    expect(failed.sort()).to.deep.equal(['cronjobs', 'daemonsets']);
  });
});
