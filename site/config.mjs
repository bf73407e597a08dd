/* VitePress's configuration. What it takes from the documents stands in site.json, which build/site makes. */
import { readFileSync } from 'node:fs';
import { URL } from 'node:url';

const site = JSON.parse(readFileSync(new URL('./site.json', import.meta.url), 'utf8'));

/** The anchors that GitHub gives the headings: every link leads to the same place there and here. */
const slugify = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

export default {
  title: site.title,
  description: site.description,
  lang: 'en',
  base: site.base,
  // None, so that no browser asks for one.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  outDir: site.out,
  cacheDir: site.cache,
  srcDir: '.',
  // A dead link ends the build.
  ignoreDeadLinks: false,
  // No time of a file: it is that of the copy.
  lastUpdated: false,
  metaChunk: true,
  markdown: {
    // The documents have no HTML: <stack> is a word that a reader replaces.
    html: false,
    anchor: { slugify },
    lineNumbers: false,
  },
  themeConfig: {
    nav: site.nav,
    sidebar: site.sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    externalLinkIcon: true,
  },
};
