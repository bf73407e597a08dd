import { expect } from 'chai';
import { disagreements } from '../../../build/release/agreement';
import type { Stated } from '../../../build/release/agreement';
import { changelogProblems, readVersion, releaseNotes } from '../../../build/release/notes';
import { packageSbom } from '../../../build/release/sbom';
import { repositoryText } from '../docs/readme';

const place = { files: 'https://github.com/acme/openemr-credential-rotation/blob/v1.1.0' };
const changelog = `# Changelog

What a user sees.

## [Unreleased]

### Added

- Not this.

## [1.1.0] - 2026-12-01

### Added

- A page ([docs/a.md](docs/a.md#part)), a [section](#here), a [site](https://example.org/x).

### Fixed

- Two lines
  of one entry.

## [1.0.0] - 2026-11-30

- Not that.

[1.1.0]: https://example.org/compare
`;

describe('the notes of a release', () => {
  it('are what CHANGELOG.md says of that version and of no other; links lead to the files of that version', () => {
    expect(releaseNotes(changelog, '1.1.0', place)).to.equal(
      `### Added

- A page ([docs/a.md](${place.files}/docs/a.md#part)), a [section](#here), a [site](https://example.org/x).

### Fixed

- Two lines
  of one entry.

How to check what you install: [verify a release](${place.files}/docs/verify-a-release.md).
`,
    );
  });

  it('the oldest version ends before the definitions of links', () => {
    expect(releaseNotes(changelog, '1.0.0', place)).to.match(/^- Not that\.\n\nHow to check/);
  });

  it('a version that the changelog does not know, has no date for or says nothing of is refused', () => {
    expect(() => releaseNotes(changelog, '1.2.0', place)).to.throw(
      'CHANGELOG.md has no section "## [1.2.0] - YYYY-MM-DD"',
    );
    expect(changelogProblems('## [1.0.0]\n\n### Added\n', '1.0.0')).to.deep.equal([
      'the heading of 1.0.0 in CHANGELOG.md has no date',
      'CHANGELOG.md says nothing of 1.0.0',
    ]);
    // Not the beginning of another version.
    expect(changelogProblems('## [1.0.0-rc.1] - 2026-11-30\n\n- This.\n', '1.0.0')).to.have.length(1);
  });

  it("CHANGELOG.md gives notes for the package's version", () => {
    const { version } = JSON.parse(repositoryText('package.json')) as { version: string };
    expect(releaseNotes(repositoryText('CHANGELOG.md'), version, place)).to.match(/^- /m);
  });
});

describe('the version of a release', () => {
  it('a first version moves its own lines, one to be tried out none', () => {
    expect(readVersion('1.2.3')).to.deep.equal({
      version: '1.2.3',
      prerelease: false,
      npmTag: 'latest',
      imageTags: ['1.2.3', '1.2', '1'],
    });
    expect(readVersion('0.2.3').imageTags).to.deep.equal(['0.2.3', '0.2']);
    expect(readVersion('2.0.0-rc.1')).to.deep.equal({
      version: '2.0.0-rc.1',
      prerelease: true,
      npmTag: 'next',
      imageTags: ['2.0.0-rc.1'],
    });
  });

  for (const wrong of ['1.0', 'v1.0.0', '01.0.0', '1.0.0+build', '1.0.0-', '1.0.0 ', 'latest'])
    it(`${JSON.stringify(wrong)} is none`, () => expect(() => readVersion(wrong)).to.throw('is no version'));

  const good: Stated = {
    tag: 'v1.1.0',
    packageVersion: '1.1.0',
    lockVersion: '1.1.0',
    chart: { version: '1.1.0', appVersion: '1.1.0' },
    changelog,
    security: '| 1.1.x | yes |',
  };

  it('tag, package, lock file, chart, changelog and SECURITY.md agree', () => {
    expect(disagreements(good)).to.deep.equal([]);
  });

  for (const [what, change, problem] of [
    ['a tag without v', { tag: '1.1.0' }, 'the tag 1.1.0 does not begin with v, e.g. v1.1.0'],
    ['a tag that is no version', { tag: 'v1.1' }, 'the tag v1.1 is no version, e.g. v1.1.0'],
    [
      'a package of another version',
      { packageVersion: '1.0.0' },
      'the version in package.json is 1.0.0, the tag says 1.1.0',
    ],
    [
      'a lock file of another version',
      { lockVersion: '1.0.0' },
      'the version in package-lock.json is 1.0.0, the tag says 1.1.0',
    ],
    ['no chart', { chart: undefined }, 'there is no infra/chart/Chart.yaml: run npm run chart'],
    [
      'a chart of another version',
      { chart: { version: '1.0.0', appVersion: '1.1.0' } },
      'the version in infra/chart/Chart.yaml is 1.0.0, the tag says 1.1.0',
    ],
    [
      'a chart that starts another image',
      { chart: { version: '1.1.0', appVersion: '1.0.0' } },
      'the appVersion in infra/chart/Chart.yaml is 1.0.0, the tag says 1.1.0',
    ],
    ['no entry in the changelog', { changelog: '' }, 'CHANGELOG.md has no section "## [1.1.0] - YYYY-MM-DD"'],
    [
      'a line that gets no fixes',
      { security: '| 1.0.x | yes |' },
      'SECURITY.md does not list 1.1.x as a version that gets fixes',
    ],
  ] as const)
    it(`${what} stops it, with one sentence`, () => {
      expect(disagreements({ ...good, ...change })).to.deep.equal([problem]);
    });
});

describe('the SBOM of the package', () => {
  const self = { name: 'it', version: '1.0.0' };
  const part = (name: string): object => ({ 'bom-ref': name, name: name.replace(/@[^@]+$/, '') });
  const made = (refs: string[]): string =>
    JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      metadata: { component: { 'bom-ref': 'it@1.0.0', name: 'folder', purl: 'pkg:npm/it@1.0.0' } },
      components: refs.map(part),
      dependencies: [
        { ref: 'it@1.0.0', dependsOn: ['zod@4.0.0', 'mocha@12.0.0'] },
        { ref: 'mocha@12.0.0', dependsOn: ['zod@4.0.0'] },
      ],
    });
  const lock = JSON.stringify({
    packages: {
      '': self,
      'node_modules/zod': { version: '4.0.0' },
      'node_modules/a/node_modules/wide-cjs': { name: 'wide', version: '2.0.0' },
      'node_modules/mocha': { version: '12.0.0', dev: true },
      'node_modules/typescript': { version: '5.0.0', devOptional: true },
    },
  });
  const all = ['zod@4.0.0', 'wide@2.0.0', 'mocha@12.0.0', 'typescript@5.0.0'];

  it('has the name of the package, not of the folder, and what is installed with it alone', () => {
    expect(packageSbom(made(all), lock, self)).to.deep.equal({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      metadata: { component: { 'bom-ref': 'it@1.0.0', name: 'it', purl: 'pkg:npm/it@1.0.0' } },
      components: [part('zod@4.0.0'), part('wide@2.0.0')],
      dependencies: [{ ref: 'it@1.0.0', dependsOn: ['zod@4.0.0'] }],
    });
  });

  it('one that lacks a part is refused: npm leaves some out with --omit dev', () => {
    expect(() => packageSbom(made(['zod@4.0.0']), lock, self)).to.throw('the SBOM lacks wide@2.0.0');
  });

  it('that of another version is refused, and another format', () => {
    expect(() => packageSbom(made(all), lock, { ...self, version: '1.0.1' })).to.throw(
      'the SBOM is that of pkg:npm/it@1.0.0, not of pkg:npm/it@1.0.1',
    );
    expect(() => packageSbom('{"bomFormat":"SPDX"}', lock, self)).to.throw();
  });
});
