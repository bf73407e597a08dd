import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { renderPage } from '../../src/report/html/page';
import { manyRotations } from '../unit/history/manyRotations';
import { Browser, browserFile, hasBrowser } from './support/browser';
import type { Picture } from './support/png';
import { readPng } from './support/png';

/** Texts that lie outside of the window or are cut off by their own box, each with where it is. */
const cutOff = `(() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.data.trim() === '' || node.parentElement.closest('title')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, width, height } of range.getClientRects())
      if (width > 0 && height > 0 && (left < -1 || right > innerWidth + 1))
        found.push('text outside: ' + node.data.trim().slice(0, 60) + ' ' + left + ' ' + right);
    const box = node.parentElement.closest('body *');
    const { overflowX } = getComputedStyle(box);
    if (overflowX !== 'visible' && box.scrollWidth > box.clientWidth + 1)
      found.push('text cut off: ' + node.data.trim().slice(0, 60));
  }
  return found;
})()`;

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

/** The share of each colour, and the colours of the columns at both edges. */
function coloursOf(
  picture: Picture,
  width: number,
  height: number,
): { shares: Map<string, number>; edges: string[] } {
  expect([picture.width, picture.height]).to.deep.equal([width, height]);
  const shares = new Map<string, number>();
  const edges = new Set<string>();
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const colour = picture.colourAt(x, y);
      shares.set(colour, (shares.get(colour) ?? 0) + 1 / (width * height));
      if (x === 0 || x === width - 1) edges.add(colour);
    }
  return { shares, edges: [...edges] };
}

describe('the page of the history in a browser', function () {
  this.timeout(120_000);
  let browser: Browser;
  let folder: string;
  let url: string;

  before(async function () {
    if (!hasBrowser) {
      // What must hold for a change is not left out in silence.
      if (process.env['CI'] === 'true')
        throw new Error(`There is no ${browserFile}: npm test installs it as root.`);
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
      expect(await browser.value(cutOff)).to.deep.equal([]);
      const dark = await browser.value(`getComputedStyle(document.body).backgroundColor`);
      expect(dark, 'its style is let in').to.equal(
        scheme === 'dark' ? 'rgb(15, 20, 26)' : 'rgb(246, 247, 249)',
      );
      const page = scheme === 'dark' ? '15,20,26' : '246,247,249';
      const top = coloursOf(readPng(await browser.screenshot()), width, height);
      expect(top.edges, 'nothing touches the edges').to.deep.equal([page]);
      expect(top.shares.get(page), 'its ground').to.be.within(0.05, 0.95);
      expect(top.shares.size, 'it is not blank').to.be.greaterThan(50);
      // The first rotation with its chart: the bars are drawn in the colours of the legend.
      await browser.value(`document.querySelector('.rotation').scrollIntoView()`);
      const chart = coloursOf(readPng(await browser.screenshot()), width, height);
      const bars = scheme === 'dark' ? ['142,155,173', '110,160,255'] : ['123,135,152', '47,111,222'];
      for (const bar of bars) expect(chart.shares.get(bar), `bars of ${bar}`).to.be.greaterThan(0.0002);
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
