import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { cronJob } from '../../../infra/kubernetes/cronJob';
import { exampleSettings } from '../../../infra/kubernetes/example';
import { gracePeriodSeconds } from '../../../infra/kubernetes/deadlines';
import { job } from '../../../infra/kubernetes/job';
import type { Limits } from '../../../infra/kubernetes/settings';
import { adminLockWaitMs } from '../../../src/rotation/adminLockWait';
import { repositoryFile } from '../docs/readme';

interface JobSpec {
  activeDeadlineSeconds: number;
  template: {
    spec: {
      terminationGracePeriodSeconds: number;
      containers: { env: { name: string; value?: unknown; valueFrom?: unknown }[] }[];
    };
  };
}

/** What the command's own program may wait for, in seconds by resource, with the variables of this Job's container. */
function waitsOf({ template }: JobSpec, kind: 'rotate' | 'rollback'): Record<string, number> {
  const env = template.spec.containers[0]?.env ?? [];
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  const program = path.join(repositoryFile('dist/test/unit/infra'), 'mockedLimits.js');
  const run = spawnSync(process.execPath, [program, kind, JSON.stringify(variables)], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(run.status, run.stderr).to.equal(0);
  return JSON.parse(run.stdout) as Record<string, number>;
}

const sum = (waits: Record<string, number>): number =>
  Object.values(waits).reduce((all, each) => all + each, 0);

describe('the deadline of the Jobs', function () {
  this.timeout(60_000);

  it('leaves by default the time for ten pods of 300 s of start-up, one after the other, and an idle window of 300 s', () => {
    const { limits } = exampleSettings;
    expect(limits.rolloutSeconds).to.be.at.least(10 * 300 + 300);
    const { activeDeadlineSeconds } = cronJob(exampleSettings).spec.jobTemplate.spec;
    // A rotation that ends in its rollback restarts all of them twice.
    expect(activeDeadlineSeconds).to.be.at.least(2 * 10 * 300 + limits.idleSeconds + 600);
  });

  it('leaves an orderly stop the time for step 11, which waits for a lock, for the old login and for its users in a row', () => {
    const limits = { rolloutSeconds: 30, healthSeconds: 5, idleSeconds: 300 };
    expect(gracePeriodSeconds(limits)).to.be.at.least(adminLockWaitMs / 1000 + 60 + 300);
  });

  for (const limits of [
    exampleSettings.limits,
    { rolloutSeconds: 7200, healthSeconds: 5, idleSeconds: 5 },
    { rolloutSeconds: 30, healthSeconds: 3600, idleSeconds: 7200 },
  ] satisfies Limits[])
    it(`is above all that the command waits for by its own settings: ${JSON.stringify(limits)}`, () => {
      const settings = { ...exampleSettings, limits };
      const spec: JobSpec = cronJob(settings).spec.jobTemplate.spec;
      const [rotate, rollback] = [waitsOf(spec, 'rotate'), waitsOf(spec, 'rollback')];
      const waits = (of: Record<string, number>): string[] =>
        Object.keys(of).map((name) => name.split('-')[0] ?? '');
      expect(waits(rotate)).to.deep.equal(['rollout', 'health', 'idle', 'user', 'admin']);
      expect(waits(rollback)).to.deep.equal(['rollout', 'health']);
      // The longest run finishes a rollback, rotates, and rolls that back. What else it does has ten minutes.
      const longest = sum(rollback) + sum(rotate) + sum(rollback);
      expect(spec.activeDeadlineSeconds).to.be.within(longest + 600, longest + 900);
      expect(job(settings).spec.activeDeadlineSeconds).to.equal(spec.activeDeadlineSeconds);
      // A stop is orderly when the step under way may end.
      const steps = Object.entries(rotate).map(([name, seconds]) =>
        name.startsWith('admin') ? seconds + adminLockWaitMs / 1000 : seconds,
      );
      const step = Math.max(...steps);
      expect(spec.template.spec.terminationGracePeriodSeconds).to.be.within(step + 60, step + 120);
    });
});
