import { readdirSync, readFileSync } from 'node:fs';
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

/** The lines of the README's code blocks in one language, block after block; comments behind `  #` are cut off. */
export function codeLines(language: string): string[] {
  const blocks = [...readme.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))];
  const lines = blocks.flatMap(([, text]) => (text ?? '').split('\n'));
  return lines.map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== '');
}

/** Texts between single backticks, outside of code blocks. */
export function codeSpans(): string[] {
  const prose = readme.replace(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? '');
}

/** The rows of the table that has this first heading, cell by cell, without its head. */
export function tableRows(...headings: string[]): string[][] {
  const lines = readme.split('\n');
  const start = lines.indexOf(`| ${headings.join(' | ')} |`);
  if (start < 0) throw new Error(`the README has no table with the headings ${headings.join(', ')}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
