/*
 * Makes the site of the documents: `npm run site`, into dist/site/html. Behind `--`: `--base /PATH/` where it will stand, `--repository
 * URL` and `--ref TAG` where links to the sources lead, `--out FOLDER` in place of dist/site.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { deadLinks } from './deadLinks';
import type { Page, Sources } from './pages';
import { pageOf, placeOf, sidebarOf, titleOf, versionItems } from './pages';

const root = path.resolve(__dirname, '..', '..', '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Documents at the root of the repository. */
const atRoot = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

/** The records of decisions have no overview in the repository, where the folder is one. */
function decisions(records: readonly Page[]): Page {
  const rows = records.map(({ file, text }) => `- [${titleOf(text)}](${path.basename(file)})`);
  return {
    file: 'docs/decisions/README.md',
    text: `# Decisions\n\nWhy it is built this way, one short record for each decision.\n\n${rows.join('\n')}\n`,
  };
}

/** All Markdown files that are pages, and the overview of decisions. */
function allPages(): Page[] {
  const below = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name))
    .sort();
  const pages = [...atRoot, ...below].map((file) => ({ file, text: read(file) }));
  return [...pages, decisions(pages.filter(({ file }) => file.startsWith('docs/decisions/')))];
}

/** The packages that make the site; the set-up has installed them. */
function packages(): string {
  const setup = createRequire(__filename)(path.join(root, 'lab', 'setup', 'tools.js')) as {
    toolPaths(): { site: string };
  };
  return path.join(setup.toolPaths().site, 'node_modules');
}

/** Writes all that VitePress reads. */
function writeSource(folder: string, out: string, base: string, sources: Sources): void {
  const pages = allPages();
  const titles = new Map(pages.map(({ file, text }) => [file, titleOf(text)]));
  // A picture has none: its words stay.
  const picture = 'docs/rotation.svg';
  const linked = new Map([...titles, [picture, '']]);
  rmSync(folder, { recursive: true, force: true });
  for (const page of pages) {
    const file = path.join(folder, placeOf(page.file));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, pageOf(page, linked, sources));
  }
  cpSync(path.join(root, picture), path.join(folder, picture));
  symlinkSync(packages(), path.join(folder, 'node_modules'));
  const own = path.join(folder, '.vitepress');
  cpSync(path.join(root, 'site', 'theme'), path.join(own, 'theme'), { recursive: true });
  cpSync(path.join(root, 'site', 'config.mjs'), path.join(own, 'config.mjs'));
  const { version, description } = JSON.parse(read('package.json')) as {
    version: string;
    description: string;
  };
  const site = {
    // Short enough to stand above the navigation.
    title: 'Credential rotation',
    description,
    base,
    out,
    cache: path.join(path.dirname(out), 'cache'),
    nav: [
      { text: 'Documentation', link: '/docs/' },
      { text: 'Reference', link: '/docs/reference' },
      { text: 'Runbook', link: '/docs/operations' },
      versionItems(version, read('CHANGELOG.md'), sources),
    ],
    sidebar: sidebarOf(read('docs/README.md'), pages),
  };
  writeFileSync(path.join(own, 'site.json'), JSON.stringify(site));
}

function main(): void {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({ options: { base: option, repository: option, ref: option, out: option } });
  const {
    base = '/',
    repository = 'https://github.com/OWNER/openemr-credential-rotation',
    ref = 'main',
  } = values;
  const folder = path.resolve(values.out ?? path.join(root, 'dist', 'site'));
  const [source, html] = [path.join(folder, 'pages'), path.join(folder, 'html')];
  writeSource(source, html, base, { repository, ref });
  const program = path.join(packages(), 'vitepress', 'bin', 'vitepress.js');
  const { status } = spawnSync(process.execPath, [program, 'build', source], { stdio: 'inherit' });
  const dead = status === 0 ? deadLinks(html, base) : [];
  for (const { page, link } of dead) process.stderr.write(`${page}: ${link} leads nowhere\n`);
  if (status !== 0 || dead.length > 0) process.exitCode = 1;
  else process.stdout.write(`${html}\n`);
}

main();
