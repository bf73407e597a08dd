import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { architectureOf, machines, thisArchitecture } from '../../../image/architecture';
import { readElf } from '../../../image/elf';
import { librariesOf } from '../../../image/libraries';
import { productionPackages } from '../../../image/productionPackages';
import { packageRoot } from '../../../lab/package';

describe('what the image is assembled from', () => {
  it('libraries: those of Node.js, each once, as ldd finds them, the loader included', () => {
    const output = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
    const told = [...output.matchAll(/(\/\S+) \(0x[0-9a-f]+\)$/gm)].map(([, file = '']) =>
      realpathSync(file),
    );
    const found = librariesOf([process.execPath], '/', thisArchitecture());
    expect(found.map(({ file }) => realpathSync(file))).to.have.members(told);
    const loader = found.filter(({ place }) => place.includes('/ld-linux'));
    expect(loader.map(({ place }) => place)).to.deep.equal([
      process.arch === 'x64' ? '/usr/lib64/ld-linux-x86-64.so.2' : '/usr/lib/ld-linux-aarch64.so.1',
    ]);
  });

  it('libraries: none of a script, and one that is missing is named', () => {
    expect(librariesOf([__filename], '/', 'amd64')).to.deep.equal([]);
    const empty = mkdtempSync(path.join(tmpdir(), 'no-debian-'));
    try {
      expect(() => librariesOf([process.execPath], empty, 'arm64')).to.throw(
        /^the library \S+ is not installed/,
      );
    } finally {
      rmSync(empty, { recursive: true });
    }
  });

  it('architectures: as platforms name them, and no other', () => {
    expect([architectureOf('linux/amd64'), architectureOf('linux/arm64')]).to.deep.equal(['amd64', 'arm64']);
    expect(() => architectureOf('linux/riscv64')).to.throw('there is one for linux/amd64 and linux/arm64');
    expect([thisArchitecture('x64'), thisArchitecture('arm64')]).to.deep.equal(['amd64', 'arm64']);
    expect(() => thisArchitecture('riscv64')).to.throw('riscv64');
    expect(readElf(process.execPath)?.machine).to.equal(machines[thisArchitecture()].elf);
  });

  it('packages: those of a production, nested ones too, and none that is only for development', () => {
    const packages = productionPackages(packageRoot());
    expect(packages).to.include.members(
      ['@pulumi/pulumi', 'mysql2', 'yargs'].map((name) => `node_modules/${name}`),
    );
    expect(packages.some((name) => name.split('node_modules/').length > 2)).to.equal(true);
    const development = ['typescript', 'mocha', 'eslint', 'node', 'esbuild', '@pulumi/policy'];
    for (const name of development) expect(packages).not.to.include(`node_modules/${name}`);
  });
});
