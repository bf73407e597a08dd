import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
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

const cruiser = createRequire(__filename)(repositoryFile('.dependency-cruiser.cjs')) as {
  forbidden: { name: string }[];
};

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

  it('ARCHITECTURE.md: the picture of the floors has the rooms of src in the order of their floors', () => {
    const shown = picture
      .split('\n')
      .map((line) => [...line.matchAll(/src\/([\w-]+)/g)].map(([, room = '']) => room))
      .reverse();
    const { forbidden } = cruiser;
    const rooms = forbidden
      .map(({ name }) => /^floor-(.+)$/.exec(name)?.[1])
      .filter((room) => room !== undefined);
    // The highest room has no rule: nothing is above it.
    const inOrder = [...rooms, 'cli'];
    // The rooms of one line stand side by side.
    const drawn = shown.flatMap((line) => line.sort((a, b) => inOrder.indexOf(a) - inOrder.indexOf(b)));
    expect(drawn).to.deep.equal(inOrder);
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
