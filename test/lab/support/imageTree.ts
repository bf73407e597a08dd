import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Architecture } from '../../../image/architecture';
import { machines } from '../../../image/architecture';
import { isOfShell } from '../../../image/copy';
import { fieldOf, sumsOf } from '../../../image/debian';
import { readElf } from '../../../image/elf';
import { layout } from '../../../image/layout';
import { entriesBelow } from './tree';

/** What does not come from Debian: Node.js, and what Pulumi and the lab build. */
const notOfDebian = [layout.node, `${layout.engine}/`, `${layout.package}/`];

/** The regular files of a tree, as absolute paths in the image. */
export function filesOf(root: string): string[] {
  return entriesBelow(root)
    .filter((name) => lstatSync(path.join(root, name)).isFile())
    .map((name) => `/${name}`);
}

/** The programs and libraries of a tree. */
export function elfFilesOf(root: string): string[] {
  return filesOf(root).filter((file) => readElf(path.join(root, file)) !== undefined);
}

/** The packages that the records of an image name, with their versions and the architecture. */
export function recordedPackages(root: string): Record<string, { version: string; architecture: string }> {
  const folder = path.join(root, layout.debianPackages);
  const names = readdirSync(folder).filter((name) => !name.endsWith('.md5sums'));
  return Object.fromEntries(
    names.map((name) => {
      const text = readFileSync(path.join(folder, name), 'utf8');
      expect(fieldOf(text, 'Package')).to.equal(name);
      return [
        name,
        { version: fieldOf(text, 'Version') ?? '', architecture: fieldOf(text, 'Architecture') ?? '' },
      ];
    }),
  );
}

/**
 * Expects each library and program of Debian in a tree to belong to a package that a record names, unchanged; each record to be
 * of a package that something is taken from; and its licence to be there.
 */
export function expectRecorded(root: string, architecture: Architecture): void {
  const folder = path.join(root, layout.debianPackages);
  const packages = recordedPackages(root);
  const owned = new Map<string, string>();
  for (const name of Object.keys(packages))
    for (const [file, sum] of sumsOf(readFileSync(path.join(folder, `${name}.md5sums`), 'utf8'))) {
      owned.set(file, name);
      const found = createHash('md5')
        .update(readFileSync(path.join(root, file)))
        .digest('hex');
      expect(found, `${file} of ${name}`).to.equal(sum);
    }
  const elf = elfFilesOf(root).filter((file) => !notOfDebian.some((place) => file.startsWith(place)));
  expect(elf.filter((file) => !owned.has(file))).to.deep.equal([]);
  expect(elf).to.include(layout.init).and.have.length.greaterThan(5);
  // The authorities are a file that the package's set-up makes: it has no sum.
  expect(Object.keys(packages)).to.have.members([...new Set([...owned.values(), 'ca-certificates'])]);
  expect(Object.keys(packages)).to.include.members([
    'libc6',
    'libstdc++6',
    'libgcc-s1',
    'tini',
    'base-files',
  ]);
  const files = new Set(filesOf(root));
  for (const [name, { version, architecture: of }] of Object.entries(packages)) {
    expect(version, name).to.match(/^\d/);
    expect([architecture, 'all'], name).to.include(of);
    expect(files.has(`${layout.copyrights}/${name}/copyright`), name).to.equal(true);
  }
}

/** Expects every program and library of a tree to be for one kind of processor. */
export function expectMachine(root: string, architecture: Architecture): void {
  for (const file of elfFilesOf(root))
    expect(readElf(path.join(root, file))?.machine, file).to.equal(machines[architecture].elf);
}

/** Expects no shell in a tree, and no program that would be run by one. */
export function expectNoShell(root: string): void {
  const shells = /^(?:sh|dash|bash|ash|busybox|toybox|zsh|ksh|mksh|csh|fish)$/;
  expect(
    entriesBelow(root).filter((name) => shells.test(path.basename(name)) && !name.startsWith('app/')),
  ).to.deep.equal([]);
  expect(filesOf(root).filter((file) => isOfShell(path.join(root, file)))).to.deep.equal([]);
}
