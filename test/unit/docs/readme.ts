import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../../lab/package';

/** A file of the repository, by its path from the root. */
export function repositoryFile(...names: string[]): string {
  return path.join(packageRoot(), ...names);
}

/** The text of a file of the repository. */
export function repositoryText(...names: string[]): string {
  return readFileSync(repositoryFile(...names), 'utf8');
}

/** All TypeScript and JavaScript below a folder of the repository, in one text. */
export function sourceText(folder: string): string {
  const names = readdirSync(repositoryFile(folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.(ts|js)$/.test(name))
    .map((name) => repositoryText(folder, name))
    .join('\n');
}

/** The README. */
export const readme = repositoryText('README.md');

/** A page of docs/, by its name without folder and ending. */
export function page(name: string): string {
  return repositoryText('docs', `${name}.md`);
}

/** The README and the pages that belong to it: what it has no room for. */
export const handbook = [
  readme,
  ...['how-it-works', 'commands', 'settings', 'exit-codes', 'production', 'development'].map(page),
].join('\n');

/** Every Markdown file of docs/, by its path from the root. */
export function documentNames(): string[] {
  const names = readdirSync(repositoryFile('docs')).filter((name) => name.endsWith('.md'));
  return names.sort().map((name) => path.posix.join('docs', name));
}

/** The lines of a text's code blocks in one language, block after block; comments behind `  #` are cut off. */
export function codeLines(language: string, text: string): string[] {
  return codeBlocks(language, text)
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** A text's code blocks in one language. */
export function codeBlocks(language: string, text: string): string[] {
  const blocks = text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'));
  return [...blocks].map(([, block]) => block ?? '');
}

/** A text without its code blocks. */
export function prose(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
}

/** Texts between single backticks, outside of code blocks. */
export function codeSpans(text: string): string[] {
  return [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? '');
}

/** What stands in backticks and is meant as a command. */
export function commandSpans(text: string): string[] {
  return codeSpans(text).filter((span) =>
    /^([A-Z_]+=\S+ )?(npm|npx|node|pulumi|kubectl|aws|credential-rotation) /.test(span),
  );
}

/** Every command of a text: each line of its shell blocks, then what stands in backticks. */
export function shownCommands(text: string): string[] {
  return [...codeLines('sh', text), ...commandSpans(text)];
}

/** The targets of a text's links inside the repository. */
export function linkTargets(text: string): string[] {
  const targets = [...prose(text).matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? '');
  return targets.filter((target) => !/^https?:/.test(target));
}

/** The anchors that GitHub gives the headings of a text. */
export function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links of a document of the repository that lead to no file, or to no heading of it. */
export function brokenLinks(name: string): string[] {
  return linkTargets(repositoryText(name)).filter((target) => {
    const [file = '', anchor] = target.split('#');
    const linked = file === '' ? name : path.posix.join(path.posix.dirname(name), file);
    if (!existsSync(repositoryFile(linked))) return true;
    return anchor !== undefined && !anchors(repositoryText(linked)).includes(anchor);
  });
}

/** The rows of the text's table that has these headings, cell by cell, without its head. */
export function tableRows(text: string, ...headings: string[]): string[][] {
  const lines = text.split('\n');
  const start = lines.indexOf(`| ${headings.join(' | ')} |`);
  if (start < 0) throw new Error(`there is no table with the headings ${headings.join(', ')}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
