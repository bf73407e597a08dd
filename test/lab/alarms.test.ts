import { expect } from 'chai';
import { runAlarms } from '../../infra/aws/alarms';
import type { Lab, Site } from '../../lab';
import { asContainerInsights, matcherOf } from '../unit/infra/filterPattern';
import type { Run } from './support/command';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy } from './support/world';

const denied = { status: 400, type: 'AccessDeniedException', message: 'not authorized (lab)' };
const busy = { status: 503, reason: 'ServiceUnavailable', message: 'the API server is busy (lab)' };
const pod = { namespace: 'openemr', container: 'rotation' };
const instance = { namespace: 'openemr', name: 'rotation' };

/** How often each alarm counts what a run printed, in the log groups of both formats. */
function counts(ended: Run, format: 'container-insights' | 'plain'): Record<string, number> {
  const lines = ended.stdout.trim().split('\n');
  const logged = lines.map((line): unknown =>
    format === 'plain' ? JSON.parse(line) : asContainerInsights(line, pod),
  );
  const alarms = runAlarms(instance, { format, noSuccessForDays: 2 });
  return Object.fromEntries(
    alarms.map(({ name, pattern }) => [name, logged.filter(matcherOf(pattern)).length]),
  );
}

function expectCounted(ended: Run, name?: string): void {
  const none = { succeeded: 0, held: 0, 'rolled-back': 0 };
  const wanted = name === undefined ? none : { ...none, [name]: 1 };
  expect(counts(ended, 'container-insights'), ended.stdout).to.deep.equal(wanted);
  expect(counts(ended, 'plain'), ended.stdout).to.deep.equal(wanted);
}

// The kind of database does not matter to what is printed.
for (const database of databases.slice(0, 1)) {
  describe(`the alarms of infra/, on what the command prints (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ progressDeadlineSeconds: 6 });
    });
    after(() => site.remove());

    async function ended(code: number, args: string[] = []): Promise<Run> {
      const result = await run(site, ['--log-json', ...args]);
      expectCode(result, code);
      return result;
    }

    it('a rotation, and a run that has nothing to do yet, have succeeded', async () => {
      expectCounted(await ended(0), 'succeeded');
      expectCounted(await ended(0, ['--if-older-than', '30d']), 'succeeded');
    });

    it('a run that could not begin counts for nothing', async () => {
      expectCounted(await ended(3, ['--deployment', 'another']));
    });

    it('exit 12 is held, and the run that finishes it has succeeded', async () => {
      const fault = { action: 'UpdateSecretVersionStage', secretId: site.slotSecretId, stage: 'AWSCURRENT' };
      const release = lab.aws.fault({ ...fault, times: 1, when: 'before', respond: denied });
      expectCounted(await ended(12), 'held');
      release();
      expectCounted(await ended(0), 'succeeded');
      await expectHealthy(site, 'A');
    });

    it('exit 13 is rolled back', async () => {
      await site.podFault('health-500', { rollouts: 1 });
      expectCounted(await ended(13), 'rolled-back');
      await site.podFault('none');
      await expectHealthy(site, 'A');
    });

    it('a rollback that a later run finishes is rolled back too, with exit 0 @long', async () => {
      let restore = (): void => undefined;
      const { namespace } = site;
      lab.kubernetes.fault({
        ...{ namespace, verb: 'patch', resource: 'deployments', times: 1, when: 'after', respond: 'pass' },
        onDone: () => {
          restore = lab.kubernetes.fault({
            ...{ namespace, verb: '*', resource: '*', when: 'before', respond: busy },
          });
        },
      });
      expectCounted(await ended(12, ['--timeout', '3']), 'held');
      restore();
      const finished = await run(site, ['rollback', '--yes', '--log-json']);
      expectCode(finished, 0);
      expectCounted(finished, 'rolled-back');
      await expectHealthy(site, 'A');
    });
  });
}
