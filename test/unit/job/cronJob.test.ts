import type { V1CronJob, V1Job } from '@kubernetes/client-node';
import { expect } from 'chai';
import { parse } from 'yaml';
import { Failure } from '../../../src/base/failure';
import { launcherRights } from '../../../src/job/cluster';
import { chooseCronJob, isRunning, jobsOf, manualJob, refuseSecond } from '../../../src/job/cronJob';
import { repositoryText } from '../docs/readme';
import { cronJob, job } from './objects';

const named = (name: string): typeof cronJob => ({ ...cronJob, metadata: { ...cronJob.metadata, name } });

describe('the CronJob of job run', () => {
  it('is the one that infra/ makes; another tool of that name only when it is named', () => {
    const old = {
      ...cronJob,
      metadata: { name: 'credential-rotation', labels: { app: 'credential-rotation' } },
    };
    const backup: V1CronJob = { ...cronJob, metadata: { name: 'backup' } };
    expect(chooseCronJob([backup, named('rotation')], undefined, 'n').metadata?.name).to.equal('rotation');
    expect(() => chooseCronJob([backup, old], undefined, 'n')).to.throw(
      Failure,
      'there: backup, credential-rotation',
    );
    expect(chooseCronJob([backup, old], 'credential-rotation', 'n')).to.equal(old);
  });

  it('is never guessed, and is none of a fleet', () => {
    expect(() => chooseCronJob([named('a'), named('b')], undefined, 'n')).to.throw(
      Failure,
      'has 2 CronJobs that rotate: a, b',
    );
    expect(() => chooseCronJob([named('a')], 'c', 'n')).to.throw(Failure, 'no CronJob c (there: a)');
    const spec = cronJob.spec && structuredClone(cronJob.spec);
    if (spec?.jobTemplate.spec) spec.jobTemplate.spec.completionMode = 'Indexed';
    expect(() => chooseCronJob([{ ...cronJob, ...(spec && { spec }) }], undefined, 'n')).to.throw(
      Failure,
      'fleet',
    );
  });
});

describe('a second Job', () => {
  const metadata = { name: 'hangs', ownerReferences: [{ uid: 'u1' }] } as V1Job['metadata'];
  const running: V1Job = { ...job(), ...(metadata && { metadata }) };
  const start = (args: string[] | undefined): void => refuseSecond([running], cronJob, args);

  it('that would rotate is refused, and the cure for one that hangs is named', () => {
    for (const args of [undefined, [], ['--log-json'], ['rollback', '--yes']])
      expect(() => start(args), String(args)).to.throw(Failure, 'job run -- unlock --yes ends that run');
    expect(() => refuseSecond([], cronJob, undefined)).not.to.throw();
  });

  it('that takes no lock is started: it looks, or ends the run that hangs', () => {
    const asked = [['status'], ['verify', '--json'], ['history'], ['--dry-run'], ['rollback', '--dry-run']];
    for (const args of [...asked, ['unlock', '--yes']])
      expect(() => start(args), args.join(' ')).not.to.throw();
  });
});

describe('the Job that is made', () => {
  const now = new Date('2026-11-29T09:30:05.123Z');

  it('is what kubectl create job --from makes', () => {
    const made = manualJob(cronJob, undefined, now);
    expect(made.metadata).to.deep.equal({
      name: 'credential-rotation-20261129-093005',
      namespace: 'openemr',
      labels: cronJob.spec?.jobTemplate.metadata?.labels,
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'CronJob', name: 'credential-rotation', uid: 'u1', controller: true },
      ],
    });
    expect(made.spec).to.deep.equal(cronJob.spec?.jobTemplate.spec);
  });

  it('has other arguments where some are given, and leaves the CronJob as it is', () => {
    const before = JSON.stringify(cronJob);
    const made = manualJob(cronJob, ['--dry-run'], now);
    expect(made.spec?.template.spec?.containers[0]?.args).to.deep.equal(['--dry-run']);
    expect(JSON.stringify(cronJob)).to.equal(before);
  });

  it('has a name that its pods can have', () => {
    expect(manualJob(named('n'.repeat(52)), undefined, now).metadata?.name)
      .to.have.length(63)
      .and.match(/^n+-\d{8}-\d{6}$/);
  });
});

describe('the Jobs of a CronJob', () => {
  const owned = (changes: Partial<V1Job>): V1Job => ({
    ...job(),
    ...changes,
    metadata: {
      name: 'x',
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'c', uid: 'u1' }],
    },
  });
  const ended = { conditions: [{ type: 'Failed', status: 'True' }] };

  it('are its own and the one-off of the same labels', () => {
    const once = { ...job(), metadata: { name: 'once', labels: cronJob.metadata?.labels ?? {} } };
    const other = { ...job(), metadata: { name: 'backup', labels: { app: 'backup' } } };
    expect(jobsOf([once, other, owned({})], cronJob).map(({ metadata }) => metadata?.name)).to.deep.equal([
      'once',
      'x',
    ]);
  });

  it('run until they have ended; a suspended one does not', () => {
    const spec = { ...owned({}).spec, suspend: true } as V1Job['spec'] & object;
    expect([owned({}), owned({ status: ended }), owned({ spec })].map(isRunning)).to.deep.equal([
      true,
      false,
      false,
    ]);
  });
});

describe('the rights of the launcher', () => {
  it('are all in infra/kubernetes/role-launcher.yaml', () => {
    const [role = ''] = repositoryText('infra', 'kubernetes', 'role-launcher.yaml').split('\n---\n');
    const { rules } = parse(role) as {
      rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
    };
    const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
      verbs.map((verb) => `${verb} ${apiGroups.join()}/${resources.join()}`),
    );
    for (const { verb, group, resource, subresource } of [...launcherRights.run, ...launcherRights.logs])
      expect(granted).to.include(
        `${verb} ${group}/${resource}${subresource === undefined ? '' : `/${subresource}`}`,
      );
  });
});
