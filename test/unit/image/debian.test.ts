import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { fieldOf, statusEntry, sumsOf } from '../../../image/debian';
import { FilesOfDebian } from '../../../image/filesOfDebian';

const libc = `Package: libc6
Status: install ok installed
Architecture: arm64
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u13
Conffiles:
 /etc/ld.so.conf.d/aarch64-linux-gnu.conf 6d8e1a
Description: GNU C Library: Shared libraries
 Contains the standard libraries.
 .
 Status: this is no field.
Homepage: https://www.gnu.org/software/libc/libc.html`;
const sum = '0123456789abcdef0123456789abcdef';

describe('packages of Debian that files of the image are taken from', () => {
  let folder: string;
  let system: string;
  let out: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'debian-'));
    [system, out] = [path.join(folder, 'system'), path.join(folder, 'out')];
    const file = (name: string, text: string): void => {
      mkdirSync(path.dirname(path.join(system, name)), { recursive: true });
      writeFileSync(path.join(system, name), text);
    };
    const info = 'var/lib/dpkg/info/libc6:arm64';
    file('var/lib/dpkg/status', `${libc}\n\nPackage: ca-certificates\nArchitecture: all\nVersion: 2\n`);
    // As in bookworm: the package says /lib, which is /usr/lib on a machine.
    file(`${info}.list`, '/.\n/lib\n/lib/aarch64-linux-gnu/libc.so.6\n');
    file(`${info}.md5sums`, `${sum}  lib/aarch64-linux-gnu/libc.so.6\n`);
    file('usr/lib/aarch64-linux-gnu/libc.so.6', 'library');
    file('usr/lib/aarch64-linux-gnu/by-hand.so', 'library');
    file('usr/share/doc/libc6/copyright', 'licences');
    file('etc/authorities', 'authorities');
    symlinkSync('usr/lib', path.join(system, 'lib'));
    // A cache may be reached by a link.
    symlinkSync(system, path.join(folder, 'linked'));
    system = path.join(folder, 'linked');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const text = (name: string): string => readFileSync(path.join(out, name), 'utf8');
  const debian = (): FilesOfDebian =>
    new FilesOfDebian(system, (target) => path.join(out, target), { link: false });

  it('are recorded as scanners read them: without what only an installation has', () => {
    const entry = statusEntry(libc);
    expect(entry)
      .to.match(/^Package: libc6\nArchitecture: arm64\n/)
      .and.match(/libc\.html\n$/);
    for (const name of ['Package', 'Architecture', 'Source', 'Version', 'Description', 'Homepage'])
      expect(fieldOf(entry, name), name).to.equal(fieldOf(libc, name));
    expect(fieldOf(entry, 'Status')).to.equal(undefined);
    expect(entry).not.to.include('Conffiles').and.not.to.include('ld.so.conf.d');
    expect(entry).to.include('\n Status: this is no field.\n');
  });

  it('are recorded with their licences and the sums of the files that are there, by their paths there', function () {
    if (process.getuid?.() !== 0) this.skip();
    const files = debian();
    files.take('/lib/aarch64-linux-gnu/libc.so.6', '/usr/lib/aarch64-linux-gnu/libc.so.6');
    files.takeMade('/etc/authorities', '/etc/ssl/authorities', 'ca-certificates');
    files.writeRecords();
    const records = 'var/lib/dpkg/status.d';
    expect(readdirSync(path.join(out, records))).to.have.members(
      ['libc6', 'ca-certificates'].flatMap((name) => [name, `${name}.md5sums`]),
    );
    expect(text(`${records}/libc6`)).to.equal(statusEntry(libc));
    expect(text(`${records}/libc6.md5sums`)).to.equal(`${sum}  usr/lib/aarch64-linux-gnu/libc.so.6\n`);
    expect(text(`${records}/ca-certificates.md5sums`)).to.equal('');
    expect(text('usr/share/doc/libc6/copyright')).to.equal('licences');
    expect(text('etc/ssl/authorities')).to.equal('authorities');
  });

  it('a file of no package is refused, and a package that is not installed', () => {
    expect(() => debian().take('/lib/aarch64-linux-gnu/by-hand.so', '/x')).to.throw(
      /^\/usr\/lib\/aarch64-linux-gnu\/by-hand\.so belongs to no package/,
    );
    expect(() => debian().takeMade('/etc/authorities', '/x', 'tini')).to.throw('tini is not installed');
  });

  it('sums: by the paths of the image, where /lib and /bin are links into /usr', () => {
    expect([...sumsOf(`${sum}  lib/x\n${sum}  usr/share/a b\n`)]).to.deep.equal([
      ['/usr/lib/x', sum],
      ['/usr/share/a b', sum],
    ]);
  });
});
