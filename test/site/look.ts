import type { Browser } from '../lab/support/browser';

/** A window that a reader may have. */
export interface Window {
  width: number;
  height: number;
  scheme: 'light' | 'dark';
}

/**
 * What a reader of a page would trip over; nothing when it is well. The window's width is given: a phone's grows with a page that
 * is too wide.
 */
const faultsOfPage = (width: number): string => `((innerWidth) => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth)
    found.push('the page is ' + document.documentElement.scrollWidth + ' wide, the window ' + innerWidth);
  // What scrolls in a box of its own may be wider than the window.
  const scrolls = (element) => {
    for (let box = element; box && box !== document.body; box = box.parentElement)
      if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return true;
    return false;
  };
  for (const element of document.querySelectorAll('.vp-doc *')) {
    const { left, right, width } = element.getBoundingClientRect();
    if (width > 0 && (left < -1 || right > innerWidth + 1) && !scrolls(element))
      found.push('outside of the window: ' + element.outerHTML.slice(0, 100));
  }
  for (const image of document.images) if (!image.complete || image.naturalWidth === 0) found.push('no image: ' + image.src);
  // A column that is squeezed to a few letters cannot be read.
  for (const cell of document.querySelectorAll('.vp-doc td')) {
    const { width, height } = cell.getBoundingClientRect();
    if (width > 0 && height > 12 * width) found.push('a cell of ' + Math.round(width) + ' by ' + Math.round(height) + ': ' + cell.textContent.slice(0, 60));
  }
  if (document.querySelectorAll('h1').length !== 1) found.push(document.querySelectorAll('h1').length + ' headings of the page');
  return found;
})(${width})`;

/** Opens a page of the site and says what is wrong with it: complaints, foreign requests, what sticks out. */
export async function faultsOf(browser: Browser, url: string, window: Window): Promise<string[]> {
  const { complaints, requests } = await browser.open(url, window.width, window.height, window.scheme);
  const { origin } = new URL(url);
  const foreign = requests.filter((each) => !each.startsWith(origin) && !each.startsWith('data:'));
  const faults = (await browser.value(faultsOfPage(window.width))) as string[];
  return [...complaints, ...foreign.map((each) => `asks for ${each}`), ...faults];
}
