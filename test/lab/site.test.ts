import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { faultsOf } from '../site/look';
import { serve } from '../site/server';
import { documentNames, repositoryFile } from '../unit/docs/readme';
import { Browser, browserFile, hasBrowser } from './support/browser';
import { documented } from './support/documented';
import { runDocumented } from './support/workingCopy';
import { expectCode } from './support/world';

/** `npm run site:look` looks at every page. */
const looked = ['', 'docs/', 'docs/settings', 'docs/verify-a-release'];

describe('the site of the documents', function () {
  this.timeout(180_000);
  let folder: string;
  let html: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'site-'));
    html = path.join(folder, 'html');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('docs/development.md: npm run site makes it: a page of each document, no dead link, all words to search', async () => {
    const { words, environment } = documented('docs/development.md', 'npm run site');
    const PATH = [path.dirname(process.execPath), process.env['PATH']].join(path.delimiter);
    const run = await runDocumented(
      { environment, words: [...words, '--', '--out', folder] },
      { cwd: repositoryFile(), env: { ...process.env, PATH } },
    );
    expectCode(run, 0);
    expect(run.stdout).to.include(`${html}\n`);
    const files = readdirSync(html, { recursive: true, encoding: 'utf8' });
    const pages = documentNames().map((name) => name.replace('README.md', 'index.md').replace(/md$/, 'html'));
    expect(files).to.include.members([...pages, 'index.html', 'CHANGELOG.html', 'docs/decisions/index.html']);
    const index = files.find((name) => name.includes('@localSearchIndex'));
    expect(readFileSync(path.join(html, index ?? ''), 'utf8')).to.include('idlegraceseconds');
  });

  it('fits a wide window and a narrow one: nothing sticks out, no complaint, no request but its own', async function () {
    if (!hasBrowser) {
      if (process.env['CI'] === 'true')
        throw new Error(`There is no ${browserFile}: npm test installs it as root.`);
      this.skip();
    }
    const server = await serve(html);
    const browser = await Browser.start();
    try {
      for (const page of looked)
        for (const width of [1280, 390]) {
          const window = { width, height: 900, scheme: 'light' } as const;
          const faults = await faultsOf(browser, `${server.url}/${page}`, window);
          expect(faults, `/${page} at ${width}`).to.deep.equal([]);
        }
    } finally {
      await browser.stop();
      server.stop();
    }
  });
});
