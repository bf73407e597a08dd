import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { merged } from './libraries';

/** A package of Debian that files of the image are taken from. */
export interface DebianPackage {
  /** Such as libc6. */
  name: string;
  /** Its paragraph in dpkg's database. */
  paragraph: string;
  /** What dpkg says that the files are: the MD5 sums, by absolute paths as they are in the image. */
  sums: ReadonlyMap<string, string>;
}

/** Fields that speak of an installation, which the image is not. */
const ofInstallation = ['Status', 'Conffiles', 'Config-Version'];

/** One field of a paragraph (debian-policy, control files), on its first line; undefined where it is not there. Pure. */
export function fieldOf(paragraph: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)$`, 'm').exec(paragraph)?.[1];
}

/** The paragraphs of a dpkg status file. Pure. */
export function paragraphsOf(status: string): string[] {
  return status.split(/\n{2,}/).filter((each) => each.trim() !== '');
}

/**
 * The file that scanners read of a package where there is no dpkg, /var/lib/dpkg/status.d/NAME, as distroless images have it:
 * the package's paragraph without what only an installation has. Pure.
 */
export function statusEntry(paragraph: string): string {
  const fields = paragraph.trim().split(/\n(?! )/);
  const kept = fields.filter((field) => !ofInstallation.some((name) => field.startsWith(`${name}:`)));
  return `${kept.join('\n')}\n`;
}

/** The sums in a file of dpkg, by absolute paths as they are in the image. Pure. */
export function sumsOf(text: string): Map<string, string> {
  const lines = text.matchAll(/^([0-9a-f]{32}) {2}(.+)$/gm);
  return new Map([...lines].map(([, sum = '', file = '']) => [merged(`/${file}`), sum]));
}

/** dpkg's database of a Debian: which package a file is of. */
export class DebianDatabase {
  private readonly owners = new Map<string, string>();
  private readonly paragraphs = new Map<string, string>();

  /** @param system the root folder of that Debian */
  constructor(private readonly system: string) {
    const info = this.folder('info');
    for (const name of readdirSync(info).filter((each) => each.endsWith('.list')))
      for (const file of readFileSync(path.join(info, name), 'utf8').split('\n'))
        this.owners.set(merged(file), name.slice(0, -'.list'.length));
    for (const paragraph of paragraphsOf(readFileSync(this.folder('status'), 'utf8'))) {
      const [name, architecture] = [fieldOf(paragraph, 'Package'), fieldOf(paragraph, 'Architecture')];
      for (const key of [`${name}:${architecture}`, `${name}`])
        if (!this.paragraphs.has(key)) this.paragraphs.set(key, paragraph);
    }
  }

  /** The path of a file of this Debian as it is in the image. */
  pathOf(file: string): string {
    return merged(path.join('/', path.relative(this.system, file)));
  }

  /** The package that a file of this Debian is of. @throws Error when it is of none */
  ownerOf(file: string): DebianPackage {
    const within = this.pathOf(file);
    const owner = this.owners.get(within);
    if (owner === undefined)
      throw new Error(`${within} belongs to no package of the Debian in ${this.system}`);
    return this.package(owner);
  }

  /** A package by its name, with `:` and its architecture where dpkg names its files so. @throws Error when it is not installed */
  package(name: string): DebianPackage {
    const paragraph = this.paragraphs.get(name);
    if (paragraph === undefined) throw new Error(`the package ${name} is not installed in ${this.system}`);
    const sums = path.join(this.folder('info'), `${name}.md5sums`);
    return {
      name: name.replace(/:.*/, ''),
      paragraph,
      sums: existsSync(sums) ? sumsOf(readFileSync(sums, 'utf8')) : new Map(),
    };
  }

  private folder(name: string): string {
    return path.join(this.system, 'var', 'lib', 'dpkg', name);
  }
}
