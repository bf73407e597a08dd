/* Looks at every page of the built site, wide and narrow: `npm run site:look`, after `npm run site`. Pictures in dist/site/pictures. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../lab/package';
import { Browser, browserFile, hasBrowser } from '../lab/support/browser';
import type { Window } from './look';
import { faultsOf } from './look';
import { serve } from './server';

const windows: Window[] = [
  { width: 1280, height: 900, scheme: 'light' },
  { width: 390, height: 844, scheme: 'light' },
  { width: 390, height: 844, scheme: 'dark' },
];

async function main(): Promise<void> {
  const folder = path.join(packageRoot(), 'dist', 'site');
  const html = path.join(folder, 'html');
  if (!existsSync(html)) throw new Error(`There is no site in ${html}: run npm run site first.`);
  if (!hasBrowser) throw new Error(`There is no ${browserFile}: install Debian's chromium.`);
  const pictures = path.join(folder, 'pictures');
  mkdirSync(pictures, { recursive: true });
  const pages = readdirSync(html, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.html') && name !== '404.html',
  );
  const server = await serve(html);
  const browser = await Browser.start();
  let count = 0;
  try {
    for (const page of pages.sort())
      for (const window of windows) {
        const faults = await faultsOf(browser, `${server.url}/${page}`, window);
        const name = `${page.replace(/\.html$/, '').replaceAll('/', '-')}-${window.width}-${window.scheme}.png`;
        writeFileSync(path.join(pictures, name), Buffer.from(await browser.screenshot()));
        for (const fault of faults) console.log(`${page}, ${window.width} wide, ${window.scheme}: ${fault}`);
        count += faults.length;
      }
  } finally {
    await browser.stop();
    server.stop();
  }
  console.log(
    `${pages.length} pages looked at in ${windows.length} windows: ${count} faults; pictures in ${pictures}`,
  );
  if (count > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
