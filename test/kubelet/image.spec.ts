import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { cronJob } from '../../infra/kubernetes/cronJob';
import { objectNames } from '../../infra/kubernetes/settings';
import { startLab } from '../../lab';
import type { Lab } from '../../lab';
import { archiveFile, IMAGE } from '../../lab/dockerfile/main';
import { packageRoot } from '../../lab/package';
import { documented } from '../lab/support/documented';
import { Jobs } from '../lab/support/jobs';
import { preparePods, settingsFor } from '../lab/support/rotationPods';
import { expectHealthy } from '../lab/support/world';

describe('the image that npm run image:build built', function () {
  this.timeout(3_600_000);
  let lab: Lab;

  before(async () => {
    // The build takes minutes, and its archive stays.
    const { words } = documented('docs/development.md', 'npm run image:build');
    const [program = '', ...args] = words;
    if (!existsSync(archiveFile())) execFileSync(program, args, { cwd: packageRoot(), stdio: 'inherit' });
    lab = await startLab({ database: 'mysql', kubelet: 'real' });
  });
  after(() => lab?.stop());

  it('rotates as a Job of the CronJob, as the manifest has it: non-root, root read-only, no capability, RuntimeDefault', async () => {
    const site = await lab.createSite();
    const jobs = new Jobs(lab, site.namespace);
    try {
      lab.addImage(IMAGE, { root: '/', entrypoint: [], archive: archiveFile() });
      const settings = await settingsFor(lab, site, {
        ...{ schedule: '@every 2s', image: IMAGE },
        // The site's passwords are new: of any age they are old enough here.
        ifOlderThan: '0m',
      });
      await preparePods(lab, site, jobs.client, settings);
      const manifest = cronJob(settings);
      const text = JSON.stringify(manifest);
      for (const part of [
        '"readOnlyRootFilesystem":true',
        '"drop":["ALL"]',
        '"type":"RuntimeDefault"',
        '"runAsNonRoot":true',
      ])
        expect(text).to.include(part);
      const load = site.load();
      await jobs.schedule(manifest);
      const { cronJob: name } = objectNames(settings);
      const started = await jobs.startedBy(name);
      await jobs.suspend(name);
      const end = await jobs.ended(started, 400_000);
      const [log = ''] = await jobs.logs(started);
      expect(end, log).to.equal('Complete');
      expect(JSON.parse(log.trimEnd().split('\n').at(-1) ?? '')).to.include({ outcome: 'done', exitCode: 0 });
      await expectHealthy(site, 'B');
      const { requests, failed, examples } = await load.stop();
      console.log(`      ${requests} requests, ${failed} failed`);
      expect(failed, examples.join('\n')).to.equal(0);
    } finally {
      jobs.close();
      await site.remove();
    }
  });
});
