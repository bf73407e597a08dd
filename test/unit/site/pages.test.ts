import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { deadLinks } from '../../../build/site/deadLinks';
import { pageOf, placeOf, sidebarOf, titleOf, versionItems } from '../../../build/site/pages';
import { tools } from '../../../lab/package';
import { repositoryText } from '../docs/readme';

const sources = { repository: 'https://github.com/acme/it', ref: 'v1.0.0' };
const titles = new Map([
  ['README.md', 'It'],
  ['docs/README.md', 'Documentation'],
  ['docs/a.md', 'Page A'],
  ['docs/decisions/README.md', 'Decisions'],
  ['docs/decisions/0001-x.md', '1: X'],
  ['docs/picture.svg', ''],
]);
const made = (file: string, text: string): string => pageOf({ file, text }, titles, sources);

it('the set-up names the version of VitePress that it installs', () => {
  const { dependencies } = JSON.parse(repositoryText('site', 'package.json')) as {
    dependencies: { vitepress: string };
  };
  expect(path.basename(tools().site)).to.equal(`vitepress-${dependencies.vitepress}`);
});

describe('a page of the site', () => {
  for (const [from, text, wanted] of [
    ['docs/a.md', '[the start](../README.md)', '[the start](../index.md)'],
    ['docs/a.md', '[all](README.md#start)', '[all](./index.md#start)'],
    ['README.md', '[words](docs/a.md#b)', '[words](./docs/a.md#b)'],
    ['docs/a.md', '[why](decisions)', '[why](./decisions/index.md)'],
    ['docs/decisions/0001-x.md', '[why](../a.md)', '[why](../a.md)'],
    ['README.md', '![A picture](docs/picture.svg)', '![A picture](./docs/picture.svg)'],
    [
      'docs/a.md',
      '[here](#b), [there](https://example.org/x.md)',
      '[here](#b), [there](https://example.org/x.md)',
    ],
    [
      'docs/a.md',
      '[code](../src/cli/main.ts#L1)',
      '[code](https://github.com/acme/it/blob/v1.0.0/src/cli/main.ts#L1)',
    ],
    ['docs/a.md', '[folder](../infra/aws/)', '[folder](https://github.com/acme/it/blob/v1.0.0/infra/aws)'],
  ] as const)
    it(`${text} of ${from} becomes ${wanted}`, () => expect(made(from, text)).to.equal(wanted));

  it('a link that shows the name of a file shows the title of that page', () => {
    expect(made('docs/README.md', '[a.md](a.md)')).to.equal('[Page A](./a.md)');
    expect(made('README.md', '[docs/a.md](docs/a.md#b)')).to.equal('[Page A](./docs/a.md#b)');
    expect(made('README.md', '[LICENSE](LICENSE)')).to.equal(
      '[LICENSE](https://github.com/acme/it/blob/v1.0.0/LICENSE)',
    );
  });

  it('comments are left out, code stays as it is', () => {
    const code = '```md\n<!-- here -->\n[a.md](a.md)\n```';
    expect(made('docs/a.md', `<!-- made by\na program -->\n# A\n\n${code}\n`)).to.equal(`# A\n\n${code}\n`);
  });

  it('its place and its title', () => {
    expect(['README.md', 'docs/README.md', 'docs/a.md', 'docs/MYREADME.md'].map(placeOf)).to.deep.equal([
      'index.md',
      'docs/index.md',
      'docs/a.md',
      'docs/MYREADME.md',
    ]);
    expect(titleOf('<!-- x -->\n```sh\n# no title\n```\n# The `it` page\n')).to.equal('The it page');
  });
});

describe('the navigation of the site', () => {
  it('has the sections of docs/README.md with the titles of their pages, a folder with its pages below it', () => {
    const index =
      '# Documentation\n\n## Start\n\n| page | for |\n|---|---|\n| [a.md](a.md), [x](none.md) | [y](b) |\n| [decisions](decisions) | why |\n';
    const pages = [...titles].map(([file, title]) => ({ file, text: `# ${title}\n` }));
    expect(sidebarOf(index, pages)).to.deep.equal([
      {
        text: 'Start',
        items: [
          { text: 'Page A', link: '/docs/a' },
          {
            text: 'Decisions',
            link: '/docs/decisions/',
            collapsed: true,
            items: [{ text: '1: X', link: '/docs/decisions/0001-x' }],
          },
        ],
      },
    ]);
  });

  it('versions: this one leads to what changed, the others to their own documents', () => {
    const changelog = '## [Unreleased]\n## [1.0.0] - 2026-12-01\n## [0.1.0] - 2026-11-24\n';
    expect(versionItems('1.0.0', changelog, sources)).to.deep.equal({
      text: '1.0.0',
      items: [
        { text: 'What changed', link: '/CHANGELOG' },
        { text: '0.1.0', link: 'https://github.com/acme/it/blob/v0.1.0/docs/README.md' },
      ],
    });
  });

  it('every section of docs/README.md leads somewhere', () => {
    const pages = ['docs/canary.md', 'docs/image.md', 'docs/slo.md', 'docs/json.md', 'SECURITY.md'];
    const sidebar = sidebarOf(
      repositoryText('docs', 'README.md'),
      pages.map((file) => ({ file, text: repositoryText(file) })),
    );
    expect(sidebar.map(({ items }) => items?.length)).to.deep.equal([1, 1, 1, 1, 1]);
  });
});

describe('the dead links of a site', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'dead-links-'));
    mkdirSync(path.join(folder, 'docs'));
    writeFileSync(path.join(folder, 'docs', 'index.html'), '<h1 id="start">Start</h1><img src="/v1/x.svg">');
    writeFileSync(path.join(folder, 'x.svg'), '<svg/>');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const deadOf = (html: string): string[] => {
    writeFileSync(path.join(folder, 'page.html'), html);
    return deadLinks(folder, '/v1/').map(({ link }) => link);
  };

  it('none: files, folders, headings with any letters, other sites', () => {
    expect(
      deadOf(
        '<h2 id="größe">x</h2><a class="x" href="/v1/docs/#start">a</a><a href="./docs/">b</a><a href="#gr%C3%B6%C3%9Fe">c</a>' +
          '<a href="https://example.org/none">d</a><a href="/v1/page">e</a><link rel="x" href="/v1/x.svg">',
      ),
    ).to.deep.equal([]);
  });

  it('a page, a heading, a file, and an address outside of the site', () => {
    const dead = ['/v1/none', '/v1/docs/#end', '#here', '/v1/none.css', '/docs/'];
    expect(deadOf(dead.map((link) => `<a href="${link}">x</a>`).join(''))).to.deep.equal(dead);
  });
});
