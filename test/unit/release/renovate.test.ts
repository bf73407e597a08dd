import { matchesGlob } from 'node:path';
import { expect } from 'chai';
import { repositoryText } from '../docs/readme';

interface Rule {
  groupName?: string;
  matchPackageNames?: string[];
}

interface Manager {
  customType: string;
  managerFilePatterns: string[];
  matchStrings: string[];
  depNameTemplate?: string;
  packageNameTemplate?: string;
}

/** What renovate.json's own managers find, as a pull request would write it: the file, the package, the version there. */
interface Found {
  file: string;
  name: string;
  version: string;
}

describe('renovate.json', () => {
  const { packageRules, customManagers } = JSON.parse(repositoryText('renovate.json')) as {
    packageRules: Rule[];
    customManagers: Manager[];
  };
  const { dependencies, devDependencies } = JSON.parse(repositoryText('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const versions: Record<string, string> = { ...dependencies, ...devDependencies };

  const found: Found[] = customManagers.flatMap((manager) =>
    manager.managerFilePatterns.flatMap((file) =>
      manager.matchStrings.flatMap((pattern) =>
        [...repositoryText(file).matchAll(new RegExp(pattern, 'g'))].map(({ groups = {} }) => {
          const name = groups['depName'] ?? manager.depNameTemplate ?? '';
          return {
            file,
            name: manager.packageNameTemplate?.replace('{{{depName}}}', name) ?? name,
            version: groups['currentValue'] ?? '',
          };
        }),
      ),
    ),
  );

  /** The last group that a package's updates fall into, as Renovate's later rules win. */
  function groupOf(name: string): string | undefined {
    const named = packageRules.filter(
      ({ groupName, matchPackageNames = [] }) =>
        groupName !== undefined && matchPackageNames.some((glob) => matchesGlob(name, glob)),
    );
    return named.at(-1)?.groupName;
  }

  it("Pulumi's SDK, its plugins and the engine move together, wherever they stand", () => {
    for (const name of ['pulumi', 'aws', 'kubernetes', 'random'])
      expect(groupOf(`@pulumi/${name}`)).to.equal('Pulumi');
    expect(groupOf('pulumi/pulumi-base'), 'the Dockerfile').to.equal('Pulumi');
    expect(groupOf('github.com/pulumi/pulumi/pkg/v3'), 'lab/toolchain').to.equal('Pulumi');
    expect(groupOf('mysql2')).to.equal(undefined);
  });

  it('finds every version of them that no manager of Renovate knows, and it is that of package.json', () => {
    const ours = found.filter(({ name }) => name.startsWith('@pulumi/'));
    for (const { file, name, version } of ours)
      expect(version, `${name} in ${file}`).to.equal(versions[name]);
    const places = ours.map(({ file, name }) => `${file} ${name.replace('@pulumi/', '')}`).sort();
    const plugins = ['aws', 'kubernetes', 'random'];
    expect(places).to.deep.equal(
      [
        ...['Dockerfile', 'docs/production.md', 'test/unit/docs/ranBy.ts'].flatMap((file) =>
          plugins.map((plugin) => `${file} ${plugin}`),
        ),
        ...['kubernetes', 'pulumi', 'random'].map((name) => `lab/setup/versions.js ${name}`),
      ].sort(),
    );
  });

  it('finds the base images in the documents, which are those of the Dockerfile', () => {
    const images = found.filter(({ name }) => ['node', 'pulumi/pulumi-base'].includes(name));
    expect(images.map(({ file }) => file)).to.include.members(['docs/image.md', 'test/unit/docs/ranBy.ts']);
    for (const { name, version } of images)
      expect(repositoryText('Dockerfile')).to.match(new RegExp(`^ARG \\w+=${name}:${version}$`, 'm'));
  });

  it('finds the actions of the documented workflow', () => {
    const actions = found.filter(({ file }) => file === 'docs/github-action.md');
    const shown = repositoryText('docs', 'github-action.md').match(/uses: (?!OWNER)/g) ?? [];
    expect(actions).to.have.length(shown.length);
  });
});
