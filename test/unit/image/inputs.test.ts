import { expect } from 'chai';
import { librariesIn } from '../../../image/libraries';
import { productionPackages } from '../../../image/productionPackages';
import { packageRoot } from '../../../lab/package';

describe('what the image is assembled from', () => {
  it('libraries: every file that ldd names, the loader included', () => {
    const output = [
      '\tlinux-vdso.so.1 (0x00007f76124cb000)',
      '\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f76124b5000)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f76124cd000)',
      '',
    ].join('\n');
    expect(librariesIn(output)).to.deep.equal([
      '/lib/x86_64-linux-gnu/libdl.so.2',
      '/lib64/ld-linux-x86-64.so.2',
    ]);
    expect(librariesIn('\tnot a dynamic executable\n')).to.deep.equal([]);
  });

  it('libraries: one that is missing is named', () => {
    expect(() => librariesIn('\tlibyajl.so.2 => not found\n')).to.throw('libyajl.so.2');
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
