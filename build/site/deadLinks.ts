import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** A link of a site that leads nowhere. */
export interface DeadLink {
  page: string;
  link: string;
}

/** The addresses that a page of HTML links to or shows, as they stand there. */
function linksOf(html: string): string[] {
  const found = html.matchAll(/<(?:a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]*)"/g);
  return [...found].map(([, link = '']) => link.replaceAll('&amp;', '&'));
}

function idsOf(html: string): Set<string> {
  return new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id));
}

/** The file that a web server gives for an address below the site, or undefined. */
function fileOf(folder: string, address: string): string | undefined {
  const names = address.endsWith('/') ? [`${address}index.html`] : [address, `${address}.html`];
  return names
    .map((name) => path.join(folder, decodeURIComponent(name)))
    .find((file) => existsSync(file) && statSync(file).isFile());
}

/**
 * Every link of a built site to a file or a heading that it does not have. VitePress itself looks for pages only.
 * @param base what stands before each address of the site, e.g. `/`
 */
export function deadLinks(folder: string, base: string): DeadLink[] {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.html'),
  );
  const texts = new Map(
    pages.map((name) => [path.join(folder, name), readFileSync(path.join(folder, name), 'utf8')]),
  );
  const ids = new Map([...texts].map(([file, text]) => [file, idsOf(text)]));
  const dead: DeadLink[] = [];
  for (const [file, text] of texts) {
    const page = path.relative(folder, file).split(path.sep).join('/');
    for (const link of new Set(linksOf(text))) {
      const url = new URL(link, `https://site.invalid${base}${page}`);
      if (url.host !== 'site.invalid') continue;
      const below = url.pathname.startsWith(base) ? url.pathname.slice(base.length - 1) : undefined;
      const target = below === undefined ? undefined : fileOf(folder, below);
      const anchor = decodeURIComponent(url.hash.slice(1));
      const known = target === undefined ? undefined : ids.get(target);
      if (target === undefined || (anchor !== '' && known?.has(anchor) === false)) dead.push({ page, link });
    }
  }
  return dead;
}
