import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { freshBundle } from '../../../src/base/bundle';
import { packageFolder } from '../../../src/base/packageFolder';
import { registry } from '../../../src/steps/registry';

describe('the bundle of the command', () => {
  describe('is taken only when it is as new as what it was made of', () => {
    let root: string;
    const at = (name: string, seconds: number): void => {
      const file = path.join(root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, '');
      utimesSync(file, seconds, seconds);
    };
    const found = (): string | undefined => freshBundle(path.join(root, 'dist'), 'command.js', 'src');
    beforeEach(() => {
      root = mkdtempSync(path.join(tmpdir(), 'bundle-'));
      at('dist/src/cli/main.js', 100);
      at('dist/.tsbuildinfo', 100);
      at('node_modules/.package-lock.json', 50);
    });
    afterEach(() => rmSync(root, { recursive: true }));

    const cases: [string, () => void, boolean][] = [
      ['it is newer', () => at('dist/bundle/command.js', 200), true],
      ['it is not there', () => undefined, false],
      ['all were written at once', () => at('dist/bundle/command.js', 100), true],
      [
        'only a test was compiled since',
        () => {
          at('dist/bundle/command.js', 200);
          at('dist/.tsbuildinfo', 300);
          at('dist/test/a.test.js', 300);
          at('dist/src/cli/main.js.map', 300);
        },
        true,
      ],
      [
        'a module was compiled since',
        () => {
          at('dist/bundle/command.js', 200);
          at('dist/.tsbuildinfo', 300);
          at('dist/src/base/effect.js', 300);
        },
        false,
      ],
      [
        'a library was installed since',
        () => {
          at('dist/bundle/command.js', 200);
          at('node_modules/.package-lock.json', 300);
        },
        false,
      ],
    ];
    for (const [when, make, taken] of cases) {
      it(`${when}: ${taken ? 'taken' : 'not taken'}`, () => {
        make();
        expect(found()).to.equal(taken ? path.join(root, 'dist', 'bundle', 'command.js') : undefined);
      });
    }
  });

  describe('as it is made', function () {
    this.timeout(120_000);
    const dist = path.join(packageFolder, 'dist');
    const node = (...args: string[]): string => {
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect(status, stderr).to.equal(0);
      return stdout;
    };
    before(() => {
      if (freshBundle(dist, 'command.js', 'src') === undefined) node(path.join(dist, 'build', 'bundle.js'));
    });

    it('shows the same help', () => {
      for (const words of [['--help'], ['status', '--help'], ['rollback', '--help'], ['--no-such-flag']]) {
        const output = (file: string): string => {
          const script = `require(${JSON.stringify(path.join(dist, file))}).runCommandLine(${JSON.stringify(words)})`;
          const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
          return stdout + stderr;
        };
        const shown = output(path.join('bundle', 'command.js'));
        expect(shown.length).to.be.greaterThan(50);
        expect(shown).to.equal(output(path.join('src', 'cli', 'commandLine.js')));
      }
    });

    it('has the providers of all types, and loads no Pulumi for them', () => {
      const file = path.join(dist, 'bundle', 'providers', 'registry.js');
      const script = `console.log(JSON.stringify([Object.keys(require(${JSON.stringify(file)}).registry), Object.keys(require.cache)]))`;
      const [types, files] = JSON.parse(node('-e', script)) as [string[], string[]];
      expect(types).to.deep.equal(Object.keys(registry));
      expect(files).to.deep.equal([file]);
    });
  });
});
