import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Copying } from './copy';
import { copyFile, writeFile } from './copy';
import type { DebianPackage } from './debian';
import { DebianDatabase, statusEntry } from './debian';
import { layout } from './layout';
import type { Library } from './libraries';
import { fileIn } from './libraries';

/** A package, and those of its files that are in the image, with their sums, by their paths there. */
interface Taken {
  package: DebianPackage;
  sums: Map<string, string>;
}

/** Takes files of a Debian into the tree, and leaves a record of each package that they are of. */
export class FilesOfDebian {
  readonly system: string;
  private readonly database: DebianDatabase;
  private readonly taken = new Map<string, Taken>();

  /**
   * @param system the root folder of that Debian
   * @param place where a path of the image is on this machine
   */
  constructor(
    system: string,
    private readonly place: (target: string) => string,
    private readonly copying: Copying,
  ) {
    // Links on the way to it are no part of it.
    this.system = realpathSync(system);
    this.database = new DebianDatabase(this.system);
  }

  /** Takes a file by its path there. @throws Error when it is not there, or of no package */
  take(file: string, target: string): void {
    const found = fileIn(this.system, file);
    if (found === undefined) throw new Error(`${file} is not in ${this.system}`);
    this.takeFound({ file: found, place: target });
  }

  /** Takes a library. @throws Error when it is of no package */
  takeFound({ file, place: target }: Library): void {
    const owner = this.database.ownerOf(file);
    copyFile(file, this.place(target), this.copying);
    const { sums } = this.record(owner);
    const sum = owner.sums.get(this.database.pathOf(file));
    if (sum !== undefined) sums.set(target, sum);
  }

  /** Takes a file that a package's set-up made, of which dpkg knows nothing. @throws Error when it is not there */
  takeMade(file: string, target: string, packageName: string): void {
    copyFile(path.join(this.system, file), this.place(target), this.copying);
    this.record(this.database.package(packageName));
  }

  private record(of: DebianPackage): Taken {
    const taken = this.taken.get(of.name) ?? { package: of, sums: new Map<string, string>() };
    this.taken.set(of.name, taken);
    return taken;
  }

  /** Writes what scanners read of the packages (status.d/NAME, status.d/NAME.md5sums), and their licences. */
  writeRecords(): void {
    for (const [name, { package: of, sums }] of this.taken) {
      const file = this.place(path.join(layout.debianPackages, name));
      writeFile(file, statusEntry(of.paragraph));
      const lines = [...sums].sort().map(([target, sum]) => `${sum}  ${target.slice(1)}\n`);
      writeFile(`${file}.md5sums`, lines.join(''));
      const copyright = path.join(this.system, layout.copyrights, name, 'copyright');
      if (existsSync(copyright))
        copyFile(copyright, this.place(path.join(layout.copyrights, name, 'copyright')), this.copying);
    }
  }
}
