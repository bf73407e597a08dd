import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { renderPage } from '../../src/report/html/page';
import { manyRotations } from '../unit/history/manyRotations';
import { Browser, browserFile, hasBrowser } from './support/browser';

/** Elements that stick out of the window, or out of their own chart, and words that lie on each other. */
const misplaced = `(() => {
  const found = [];
  const box = (element) => element.getBoundingClientRect();
  for (const element of document.querySelectorAll('main *')) {
    const { left, right, width } = box(element);
    if (width > 0 && (left < -1 || right > innerWidth + 1)) found.push('outside: ' + element.outerHTML.slice(0, 120));
  }
  for (const svg of document.querySelectorAll('.chart svg, .lanes > svg')) {
    const frame = box(svg);
    for (const bar of svg.querySelectorAll('rect')) {
      const { left, right, width } = box(bar);
      if (width > 0 && (left < frame.left - 1 || right > frame.right + 1)) found.push('bar: ' + bar.outerHTML);
    }
    const words = [...svg.querySelectorAll('text')].map(box).filter(({ width }) => width > 0);
    words.forEach((word, index) => {
      if (index > 0 && word.left < words[index - 1].right) found.push('words: ' + svg.textContent);
    });
  }
  return found;
})()`;

describe('the page of the history in a browser', function () {
  this.timeout(120_000);
  let browser: Browser;
  let folder: string;
  let url: string;

  before(async function () {
    if (!hasBrowser) {
      console.log(`    left out: there is no ${browserFile}; run \`apt-get install -y chromium\` as root`);
      this.skip();
    }
    folder = mkdtempSync(path.join(tmpdir(), 'history-page-'));
    const rotations = manyRotations(40);
    const file = path.join(folder, 'rotations.html');
    writeFileSync(file, renderPage({ rotations, stack: 'prod', now: new Date('2027-05-01T00:00:00Z') }));
    url = pathToFileURL(file).href;
    browser = await Browser.start();
  });
  after(async () => {
    if (!hasBrowser) return;
    await browser.stop();
    rmSync(folder, { recursive: true });
  });

  for (const [width, height, scheme] of [
    [1280, 900, 'light'],
    [390, 844, 'light'],
    [1280, 900, 'dark'],
  ] as const) {
    it(`fits ${width} × ${height}, ${scheme}: nothing sticks out, no complaint, no request but its own`, async () => {
      const { complaints, requests } = await browser.open(url, width, height, scheme);
      expect(complaints).to.deep.equal([]);
      expect(requests.filter((each) => each !== url && !each.startsWith('data:'))).to.deep.equal([]);
      // Everything open, so that all of it is measured.
      await browser.value(`document.querySelectorAll('details').forEach((each) => { each.open = true; })`);
      expect(await browser.value('innerWidth')).to.equal(width);
      expect(await browser.value('document.documentElement.scrollWidth')).to.equal(width);
      expect(await browser.value(misplaced)).to.deep.equal([]);
      const dark = await browser.value(`getComputedStyle(document.body).backgroundColor`);
      expect(dark, 'its style is let in').to.equal(
        scheme === 'dark' ? 'rgb(15, 20, 26)' : 'rgb(246, 247, 249)',
      );
      const png = await browser.screenshot();
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).to.deep.equal([width, height]);
      expect(png.length, 'it is not blank').to.be.greaterThan(20_000);
    });
  }

  it('reads without seeing: headings, named drawings, tables with the same words', async () => {
    await browser.open(url, 1280, 900);
    expect(await browser.value(`document.querySelectorAll('h1').length`)).to.equal(1);
    const names = `[...document.querySelectorAll('svg:not([aria-hidden]):not(svg svg)')].map((each) => each.getAttribute('aria-label'))`;
    expect(await browser.value(names))
      .to.have.length(5)
      .and.not.include(null);
    expect(
      await browser.value(`document.querySelectorAll('table.gantt tbody th[scope=row]').length`),
    ).to.be.above(400);
  });
});
