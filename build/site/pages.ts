import path from 'node:path';

const { posix } = path;

/** Where a link leads that no page of the site has. */
export interface Sources {
  /** Of the repository on the web, without a slash at its end. */
  repository: string;
  /** The tag or branch that the site is made of. */
  ref: string;
}

/** A page as it stands in the repository. */
export interface Page {
  /** From the repository's root. */
  file: string;
  text: string;
}

/** A page's place on the site: the overviews of folders are called index there. */
export function placeOf(file: string): string {
  return file.replace(/(^|\/)README\.md$/, '$1index.md');
}

/** The first heading of a page, without its marks. */
export function titleOf(text: string): string {
  const [, title = ''] = /^# (.+)$/m.exec(withoutCode(text)) ?? [];
  return title.replaceAll('`', '');
}

/** A text whose code blocks are blank, line by line. */
function withoutCode(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```$/gm, (block) => block.replace(/[^\n]+/g, ''));
}

/** Puts the parts of a text that are no code block through a function. */
function prose(text: string, change: (part: string) => string): string {
  return text
    .split(/(^ *```[\s\S]*?^ *```$)/gm)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('');
}

/**
 * A page as the site has it: links to other pages lead to their places there, all others into the repository; a link that shows the
 * name of a file shows the title of that page; comments are left out.
 * @param titles each page of the site with its title, and each picture without one, by their files
 */
export function pageOf({ file, text }: Page, titles: ReadonlyMap<string, string>, sources: Sources): string {
  const link = (shown: string, target: string): string => {
    if (/^([a-z]+:|#)/.test(target)) return `[${shown}](${target})`;
    const [name = '', anchor] = target.split('#');
    const at = posix.normalize(posix.join(posix.dirname(file), name)).replace(/\/$/, '');
    const behind = anchor === undefined ? '' : `#${anchor}`;
    const found = [at, posix.join(at, 'README.md')].find((each) => titles.has(each));
    if (found === undefined) return `[${shown}](${sources.repository}/blob/${sources.ref}/${at}${behind})`;
    const relative = posix.relative(posix.dirname(file), placeOf(found));
    const title = shown === name || shown === at ? titles.get(found) : undefined;
    return `[${title ?? shown}](${relative.startsWith('.') ? relative : `./${relative}`}${behind})`;
  };
  return prose(text, (part) =>
    part
      .replace(/<!--[\s\S]*?-->\n?/g, '')
      .replace(/\[([^[\]]*)\]\(([^)\s]+)\)/g, (_whole, shown: string, target: string) => link(shown, target)),
  );
}

/** An entry of the navigation. */
export interface Item {
  text: string;
  link?: string;
  items?: Item[];
  collapsed?: boolean;
}

/** The address of a page on the site. */
function addressOf(file: string): string {
  return `/${placeOf(file).replace(/(index)?\.md$/, '')}`;
}

/**
 * The navigation at the side: the sections of docs/README.md, and in each the pages of its table by their titles. A folder shows its
 * pages below it.
 */
export function sidebarOf(index: string, pages: readonly Page[]): Item[] {
  const titles = new Map(pages.map(({ file, text }) => [file, titleOf(text)]));
  const item = (file: string): Item => ({ text: titles.get(file) ?? file, link: addressOf(file) });
  const items = (target: string): Item[] => {
    const at = posix.normalize(posix.join('docs', target));
    if (titles.has(at)) return [item(at)];
    const overview = posix.join(at, 'README.md');
    if (!titles.has(overview)) return [];
    const below = [...titles.keys()].filter((each) => each.startsWith(`${at}/`) && each !== overview).sort();
    return [{ ...item(overview), collapsed: true, items: below.map(item) }];
  };
  return index
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = ''] = section.split('\n');
      const rows = section.split('\n').filter((line) => line.startsWith('|'));
      const targets = rows.flatMap((row) =>
        [...row.matchAll(/\]\(([^)#]+)\)/g)].map(([, name = '']) => name),
      );
      return { text: heading, items: targets.flatMap(items) };
    });
}

/** The versions that CHANGELOG.md lists, newest first. */
export function versionsOf(changelog: string): string[] {
  return [...changelog.matchAll(/^## \[(\d[^\]]*)\]/gm)].map(([, version = '']) => version);
}

/** The choice of versions: this one's changes, and the documents of the earlier ones as the repository has them. */
export function versionItems(version: string, changelog: string, { repository }: Sources): Item {
  const others = versionsOf(changelog).filter((each) => each !== version);
  return {
    text: version,
    items: [
      { text: 'What changed', link: '/CHANGELOG' },
      ...others.map((each) => ({ text: each, link: `${repository}/blob/v${each}/docs/README.md` })),
    ],
  };
}
