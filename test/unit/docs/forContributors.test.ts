import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { brokenLinks, codeSpans, repositoryFile, repositoryText } from './readme';

const records = readdirSync(repositoryFile('docs', 'decisions')).sort();
const documents = [
  ...['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...records.map((name) => `docs/decisions/${name}`),
];
const { scripts, version } = JSON.parse(repositoryText('package.json')) as {
  scripts: Record<string, string>;
  version: string;
};

/** Imports that run up still: this list only gets shorter. */
const stillUp = [
  'engine/readState.ts → inspect/status/facts',
  'engine/stateDetails.ts → inspect/status/facts',
  'inspect/verify/verify.ts → notify/kubernetesEvent',
  'steps/dynamicResource.ts → engine/sdk/dynamic',
];

/** What a document calls a file or folder of the repository. */
function pathsIn(text: string): string[] {
  const folders = readdirSync(repositoryFile(), { withFileTypes: true }).filter((each) => each.isDirectory());
  const begins = folders.map(({ name }) => `${name}/`);
  return [...codeSpans(text), ...text.split(/[\s`(),;:]+/)]
    .map((word) => word.replace(/[.)]+$/, ''))
    .filter((word) => /^[\w./-]+$/.test(word) && begins.some((begin) => word.startsWith(begin)));
}

describe('the documents for those who change the code', () => {
  for (const name of documents) {
    it(`${name}: each file and folder that it names is there`, () => {
      const missing = pathsIn(repositoryText(name)).filter((file) => !existsSync(repositoryFile(file)));
      expect([...new Set(missing)]).to.deep.equal([]);
    });

    it(`${name}: no link is broken`, () => expect(brokenLinks(name)).to.deep.equal([]));

    it(`${name}: each script of npm that it names is there`, () => {
      const named = [...repositoryText(name).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)];
      expect(Object.keys(scripts)).to.include.members(named.map(([, script]) => script));
    });
  }

  const [, picture = ''] = /```text\n([\s\S]*?)```/.exec(repositoryText('ARCHITECTURE.md')) ?? [];
  /** The floors, the highest first. */
  const floors = picture
    .split('\n')
    .map((line) => [...line.matchAll(/src\/([\w-]+)/g)].map(([, folder = '']) => folder));

  it('ARCHITECTURE.md: no import runs up through its floors', () => {
    const floorOf = (file: string): number =>
      floors.findIndex((floor) => floor.includes(file.split('/')[0] ?? ''));
    const names = readdirSync(repositoryFile('src'), { recursive: true, encoding: 'utf8' });
    const up = names
      .filter((name) => name.endsWith('.ts') && floorOf(name) >= 0)
      .flatMap((name) =>
        [...repositoryText('src', name).matchAll(/(?:from|import\() ?'(\.[^']+)'/g)]
          .map(([, to = '']) => path.posix.join(path.posix.dirname(name), to))
          .filter((to) => floorOf(to) >= 0 && floorOf(to) < floorOf(name))
          .map((to) => `${name} → ${to.replace(/\.js$/, '')}`),
      );
    expect(stillUp).to.include.members(up);
  });

  it('ARCHITECTURE.md: the picture of the floors has each folder of src once, and no other', () => {
    const shown = floors.flat();
    const folders = readdirSync(repositoryFile('src'), { withFileTypes: true })
      .filter((each) => each.isDirectory())
      .map(({ name }) => name)
      // A re-export under the path that old states hold.
      .filter((name) => name !== 'providers');
    expect(shown.sort()).to.deep.equal(folders.sort());
  });

  it('CHANGELOG.md: has what is not released, and this version', () => {
    expect(repositoryText('CHANGELOG.md'))
      .to.match(/^## \[Unreleased\]$/m)
      .and.include(`\n## [${version}] - `);
  });

  it('SECURITY.md: supports this version', () => {
    expect(repositoryText('SECURITY.md')).to.include(`| ${version.replace(/\d+$/, 'x')} | yes |`);
  });
});

describe('the records of decisions', () => {
  it('each has a number of its own', () => {
    const numbers = records.map((name) => name.slice(0, 4));
    expect(new Set(numbers).size).to.equal(records.length);
  });

  for (const name of records)
    it(`${name}: a short record with its four parts`, () => {
      expect(name).to.match(/^\d{4}-[a-z0-9-]+\.md$/);
      const lines = repositoryText('docs', 'decisions', name).trimEnd().split('\n');
      expect(lines[0]).to.match(new RegExp(`^# ${Number(name.slice(0, 4))}: \\S`));
      expect(lines.filter((line) => line.startsWith('## '))).to.deep.equal([
        '## Context',
        '## Decision',
        '## Consequences',
        '## How it was shown',
      ]);
      expect(lines.length).to.be.at.most(40);
    });
});
