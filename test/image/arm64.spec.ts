import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Architecture } from '../../image/architecture';
import { machines } from '../../image/architecture';
import { imageConfiguration, imageLabels, imageUser, layout } from '../../image/layout';
import { bytesOf, megabytes } from '../../image/size';
import { archiveFile } from '../../lab/dockerfile/main';
import { packageRoot, tools } from '../../lab/package';
import { pluginFolderName } from '../../lab/plugins/official';
import { PLUGIN_VERSIONS } from '../../lab/plugins/versions';
import { packageVersion } from '../../src/base/packageVersion';
import { documented } from '../lab/support/documented';
import { expectMachine, expectNoShell, expectRecorded, recordedPackages } from '../lab/support/imageTree';
import { Archive } from './archive';
import { ImagePrograms } from './program';
import { sbomOf } from './sbom';

const both: readonly Architecture[] = ['amd64', 'arm64'];

/** The size of the whole image for amd64 before this test was: docs/image.md of 1.0.0's first days. In MB. */
const sizeBefore = 677;

/**
 * `npm run test:arm64`: the image for both platforms, as `npm run image:build` makes it here, and its programs under an emulator
 * where they are for the other machine. Building them takes a quarter of an hour on a small machine, so it is no part of `npm
 * test`.
 */
describe('the image for amd64 and arm64', function () {
  this.timeout(3_600_000);
  let folder: string;
  let archive: Archive;
  const roots = new Map<Architecture, string>();
  const digests = new Map<Architecture, string>();
  const rootOf = (architecture: Architecture): string => roots.get(architecture) ?? '';

  before(() => {
    // Not in /tmp, which may be small, and may not let programs run.
    folder = mkdtempSync(path.join(tools().cache, 'images', 'test-'));
    const { words } = documented('docs/image.md', 'npm run image:build -- --platform');
    const [program = '', ...args] = words;
    execFileSync(program, args, { cwd: packageRoot(), stdio: 'inherit' });
    archive = new Archive(archiveFile(both), path.join(folder, 'archive'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is one image, with a list of both platforms', () => {
    const found = archive.platforms();
    expect(found.map(({ platform }) => platform)).to.have.members(
      both.map((each) => machines[each].platform),
    );
    for (const each of both) {
      const digest = found.find(({ platform }) => platform === machines[each].platform)?.digest ?? '';
      digests.set(each, digest);
      roots.set(each, path.join(folder, each));
      archive.unpack(digest, rootOf(each));
    }
  });

  for (const architecture of both)
    describe(architecture, () => {
      let programs: ImagePrograms;

      it('says of running the image, and of itself, what the Dockerfile says', () => {
        const { os, architecture: of, config } = archive.configuration(digests.get(architecture) ?? '');
        expect(`${os}/${of}`).to.equal(machines[architecture].platform);
        expect(config.User).to.equal(imageConfiguration.user);
        expect(config.Entrypoint).to.deep.equal(imageConfiguration.entrypoint);
        expect(config.WorkingDir).to.equal(imageConfiguration.workingDir);
        const variables = Object.entries(imageConfiguration.environment).map((each) => each.join('='));
        expect(config.Env).to.include.members(variables);
        expect(config.Labels).to.include(imageLabels);
        expect(config.Labels).to.include({ 'org.opencontainers.image.version': packageVersion() });
      });

      it('has programs for its own processor alone, no shell, and a record of each package of Debian', () => {
        const root = rootOf(architecture);
        expectMachine(root, architecture);
        expectNoShell(root);
        expectRecorded(root, architecture);
        const { uid, gid } = lstatSync(path.join(root, layout.home));
        expect([uid, gid]).to.deep.equal([imageUser, imageUser]);
        expect(lstatSync(path.join(root, 'tmp')).mode & 0o7777).to.equal(0o1777);
      });

      it('names its packages of Debian to Syft, which lists the parts of a release', () => {
        const alone = path.join(folder, `${architecture}-alone`);
        archive.alone(digests.get(architecture) ?? '', alone);
        const listed = sbomOf(alone);
        const title = imageLabels['org.opencontainers.image.title'];
        for (const [name, { version, architecture: of }] of Object.entries(
          recordedPackages(rootOf(architecture)),
        )) {
          const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${of}&distro=debian-12`;
          const found = listed.find((each) => each.purl?.startsWith(purl));
          expect(found, purl).to.not.equal(undefined);
          expect(found?.licenses, name).to.have.length.greaterThan(0);
        }
        const purls = listed.map(({ purl }) => purl ?? '');
        expect(purls.some((each) => each.startsWith(`pkg:npm/${title}@`))).to.equal(true);
        expect(purls.some((each) => each.startsWith('pkg:golang/github.com/pulumi/pulumi@'))).to.equal(true);
      });

      it('is no larger than the image for amd64 was', () => {
        const bytes = bytesOf(rootOf(architecture));
        console.log(`        ${architecture}: ${megabytes(bytes)}; before: ${sizeBefore} MB`);
        expect(bytes / 1024 / 1024).to.be.at.most(sizeBefore);
      });

      it('has a command that says its version and its help, and an engine and a first process that say theirs', () => {
        programs = new ImagePrograms(rootOf(architecture), architecture);
        const [, , ...command] = imageConfiguration.entrypoint;
        expect(programs.said(...command, '--version')).to.equal(packageVersion());
        expect(programs.said(...command, '--help'))
          .to.include('credential-rotation')
          .and.include('--dry-run');
        expect(programs.said(layout.node, layout.command, '--version')).to.equal(packageVersion());
        const setUp = path.basename(tools().pulumi).replace(/^pulumi-/, 'v');
        expect(programs.said(`${layout.engine}/bin/pulumi`, 'version')).to.equal(setUp);
        expect(programs.said(layout.init, '--version')).to.match(/^tini version 0\.19\.0/);
      });

      for (const [name, version] of Object.entries(PLUGIN_VERSIONS))
        it(`has a plugin ${name} that answers what the engine asks first`, async () => {
          const places = `${layout.engine}/plugins/${pluginFolderName(name as keyof typeof PLUGIN_VERSIONS)}`;
          const file = `${places}/pulumi-resource-${name}`;
          expect(readdirSync(path.join(rootOf(architecture), places))).to.include(path.basename(file));
          // The stand-in for aws is a script, which the kernel hands to Node.js; no emulator does.
          const program = name === 'aws' ? [layout.node, file] : [file];
          const answers = await programs.handshake(name, ...program);
          expect(answers.refusals).to.deep.equal([]);
          if (name !== 'kubernetes') expect(answers.version).to.equal(version);
        });
    });
});
