import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { thisArchitecture } from '../../image/architecture';
import { layout } from '../../image/layout';
import { bytesOf } from '../../image/size';
import { cronJob } from '../../infra/kubernetes/cronJob';
import { job } from '../../infra/kubernetes/job';
import type { RotationSettings } from '../../infra/kubernetes/settings';
import { objectNames } from '../../infra/kubernetes/settings';
import type { ContainerImage, Lab, Site } from '../../lab';
import { rotationImage } from '../../lab/image';
import { packageRoot } from '../../lab/package';
import { pluginFolderName } from '../../lab/plugins/official';
import { expectMachine, expectNoShell, expectRecorded, filesOf, recordedPackages } from './support/imageTree';
import { Jobs } from './support/jobs';
import { databases, labWith } from './support/labs';
import { preparePods, rotationImageName, settingsFor } from './support/rotationPods';
import { fingerprint } from './support/tree';
import { expectHealthy, expectNoSecret, filesBelow, snapshot } from './support/world';

/** The last line of a pod's log: the result. */
interface Result {
  type: string;
  outcome: string;
  exitCode: number;
  message: string;
  resumed?: boolean;
}

function resultOf(log: string): Result {
  return JSON.parse(log.trimEnd().split('\n').at(-1) ?? '') as Result;
}

/** The sizes that docs/image.md states, in MB, by the paths of each row. */
function statedSizes(text: string): { paths: string[]; size: number }[] {
  const rows = [...text.matchAll(/^\| (`\/.*?`) \| .*? \| (\d+(?:\.\d)?) MB\b.*\|$/gm)];
  return rows.map(([, cell = '', size]) => ({
    paths: [...cell.matchAll(/`([^`]+)`/g)].map(([, each]) => each ?? ''),
    size: Number(size),
  }));
}

/** In MB; of the plugins only the one that is the same wherever the tests run. */
function sizeOf(root: string, places: readonly string[]): number {
  const files = places.map((place) =>
    place === `${layout.engine}/plugins` ? `${place}/${pluginFolderName('kubernetes')}` : place,
  );
  return files.reduce((sum, file) => sum + bytesOf(path.join(root, file)), 0) / 1024 / 1024;
}

for (const database of databases.slice(0, 1)) {
  describe(`the image, as a Job's and a CronJob's pod (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let jobs: Jobs;
    let image: ContainerImage;
    let settings: RotationSettings;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
      jobs = new Jobs(lab, site.namespace);
      image = await rotationImage(lab.folder);
      lab.addImage(rotationImageName, image);
      // A schedule of two seconds in place of a day's: the controller takes any interval.
      settings = await settingsFor(lab, site, { schedule: '@every 2s' });
      await preparePods(lab, site, jobs.client, settings);
    });
    after(async () => {
      jobs.close();
      await site.remove();
    });

    /** The one-off Job as infra/ makes it, under this name; with all that Services inject. */
    async function start(name: string): Promise<void> {
      const manifest = job(settings);
      const { template } = manifest.spec;
      const spec = { ...template.spec, enableServiceLinks: true };
      await jobs.apply({
        ...manifest,
        metadata: { ...manifest.metadata, name },
        spec: { ...manifest.spec, template: { ...template, spec } },
      } as typeof manifest);
      await jobs.resume(name);
    }

    async function logOf(name: string): Promise<string> {
      const [log = ''] = await jobs.logs(name);
      return log;
    }

    it('is as large as docs/image.md says, row by row, and nothing in it is missing there', () => {
      const text = readFileSync(path.join(packageRoot(), 'docs', 'image.md'), 'utf8');
      const stated = statedSizes(text);
      for (const { paths, size } of stated) {
        const found = sizeOf(image.root, paths);
        const difference = Math.abs(found - size);
        expect(difference, `${paths.join()}: ${found.toFixed(1)} MB, and not ${size}`).to.be.lessThan(
          Math.max(0.1, size / 10),
        );
      }
      const told = stated.flatMap(({ paths }) => paths);
      const untold = filesOf(image.root).filter(
        (file) => !told.some((each) => file === each || file.startsWith(`${each}/`)),
      );
      expect(untold).to.deep.equal([]);
      const total = Number(/^That is (\d+) MB unpacked/m.exec(text)?.[1]);
      expect(total).to.equal(Math.round(stated.reduce((sum, { size }) => sum + size, 0)));
    });

    it('has nothing in it that is only for development, or that only the installation of plugins needs', () => {
      const packages = readdirSync(path.join(image.root, 'app', 'node_modules'));
      expect(packages).to.include('@pulumi').and.not.to.include('mocha').and.not.to.include('typescript');
      const plugins = readdirSync(path.join(image.root, layout.engine, 'plugins'));
      expect(plugins).to.have.members(
        (['kubernetes', 'random', 'aws'] as const).map((name) => pluginFolderName(name)),
      );
    });

    it('has no shell, no program of another machine, and a record of each package of Debian in it', () => {
      expectNoShell(image.root);
      expectMachine(image.root, thisArchitecture());
      expectRecorded(image.root, thisArchitecture());
      // What dpkg itself says of this machine, whose libraries they are.
      for (const [name, { version, architecture }] of Object.entries(recordedPackages(image.root))) {
        const format = '${Version} ${Architecture}\n';
        const said = execFileSync('dpkg-query', ['--show', '--showformat', format, name], {
          encoding: 'utf8',
        });
        expect(said.split('\n'), name).to.include(`${version} ${architecture}`);
      }
    });

    it('rotates as a Job, with no login refused, and writes nowhere but in its volumes', async () => {
      const before = await snapshot(site);
      const tree = fingerprint(image.root);
      const canary = site.canary();
      await start('once');
      const end = await jobs.ended('once');
      const log = await logOf('once');
      expect(end, log).to.equal('Complete');
      expect(resultOf(log)).to.include({ type: 'result', outcome: 'done', exitCode: 0 });
      const world = await expectHealthy(site, 'B');
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
      expect(fingerprint(image.root)).to.deep.equal(tree);
      const [pod] = await jobs.pods('once');
      const volumes = lab.podVolumes(site.namespace, pod?.metadata.name ?? '');
      const secrets = [before, world]
        .flatMap(({ A, B, admin }) => [A, B, admin])
        .map(({ password }) => password);
      expect(readdirSync(volumes['home'] ?? '')).to.include('work');
      const written = Object.assign({}, ...Object.values(volumes).map(filesBelow)) as Record<string, string>;
      expectNoSecret([...site.canaries(), ...secrets], { log, ...written });
    });

    it('stops in order when its pod is deleted in the restart, and the CronJob finishes what it began', async () => {
      const canary = site.canary();
      await site.podFault('never-ready', { rollouts: 1 });
      await start('stopped');
      const pod = await jobs.runningPod('stopped');
      await jobs.wrote(pod, '"step-started","rotation"');
      await jobs.wrote(pod, '"step":7,');
      expect(await jobs.deletePod(pod), lab.podLogs(site.namespace, pod)).to.equal(8);
      expect(resultOf(lab.podLogs(site.namespace, pod))).to.include({ outcome: 'cancelled', exitCode: 8 });
      expect(await jobs.ended('stopped')).to.equal('Failed');
      await site.podFault('none');
      await jobs.deleteUnready('app=openemr');
      await jobs.schedule(cronJob(settings));
      const { cronJob: name } = objectNames(settings);
      const scheduled = await jobs.startedBy(name);
      await jobs.suspend(name);
      const end = await jobs.ended(scheduled);
      const log = await logOf(scheduled);
      expect(end, log).to.equal('Complete');
      expect(resultOf(log)).to.include({ outcome: 'done', resumed: true });
      await expectHealthy(site, 'A');
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
    });
  });
}
