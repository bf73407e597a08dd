import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { z } from 'zod';
import { longRunText } from '../../long/reporter';
import { repositoryFile } from '../docs/readme';

const listed = z.object({ tests: z.array(z.object({ fullTitle: z.string(), file: z.string() })) });

describe('the long list', function () {
  this.timeout(120_000);

  /** The tests that a configuration of mocha would run, without running one. */
  function testsOf(config: string): { fullTitle: string; file: string }[] {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        repositoryFile('node_modules', 'mocha', 'bin', 'mocha.js'),
        ...['--config', config, '--no-parallel', '--dry-run', '--reporter', 'json'],
        ...['--ignore', 'dist/test/unit/**'],
      ],
      { cwd: repositoryFile(), encoding: 'utf8', maxBuffer: 1e8 },
    );
    // The first lines say on which databases the tests are to run.
    const report = /^\{$[^]*^\}/m.exec(stdout)?.[0];
    expect(report, stderr).not.to.equal(undefined);
    return listed.parse(JSON.parse(report ?? '')).tests;
  }

  it('is what npm test leaves out, and no file is left out wholly but one', () => {
    const [always, long] = [testsOf('.mocharc.cjs'), testsOf('.mocharc.long.cjs')];
    const isMarked = ({ fullTitle }: { fullTitle: string }): boolean => fullTitle.includes(' @long');
    expect(always.filter(isMarked)).to.deep.equal([]);
    expect(long.filter((test) => !isMarked(test))).to.deep.equal([]);
    expect(long.length).to.be.greaterThan(50);
    expect(always.length).to.be.greaterThan(3 * long.length);
    const files = (tests: { file: string }[]): Set<string> => new Set(tests.map(({ file }) => file));
    const alone = [...files(long)].filter((file) => !files(always).has(file));
    expect(alone.map((file) => file.replace(/^.*\//, ''))).to.deep.equal(['imageBuild.test.js']);
  });

  it('is recorded with its failures', () => {
    const run = { date: '2026-11-30', commit: 'abc', passed: 3, skipped: 0, failed: [], seconds: 90 };
    expect(longRunText(run)).to.include(
      '`npm run test:long`, on 2026-11-30: commit abc; 2 min. **3 passed, 0 failed.**',
    );
    const failed = ['one writer: is held @long: expected 1'];
    expect(longRunText({ ...run, failed, skipped: 1 }))
      .to.include('**3 passed, 1 failed, 1 skipped.**')
      .and.to.include('\nFailed:\n\n- one writer: is held @long: expected 1\n');
  });
});
