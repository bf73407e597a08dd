import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { documented } from '../lab/support/documented';
import { repositoryFile } from './docs/readme';

describe('npm run test:unit and test:lab', function () {
  this.timeout(60_000);

  type Ended = { code: number | null; text: string };

  const run = (...words: string[]): Ended => runWith({}, words);

  function runWith(more: NodeJS.ProcessEnv, words: string[]): Ended {
    const args = [repositoryFile('test', 'run', 'main.js'), ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      cwd: repositoryFile(),
      env: { ...process.env, INIT_CWD: repositoryFile('test', 'unit'), NO_COLOR: '1', ...more },
    });
    return { code: status, text: stdout + stderr };
  }

  for (const file of [
    'faults/roles.test.ts',
    '../../test/unit/faults/roles.test.ts',
    repositoryFile('dist/test/unit/faults/roles.test.js'),
  ])
    it(`runs one file, named as ${file.replace(repositoryFile(), '…')}`, () => {
      const { code, text } = run('unit', file);
      expect(code, text).to.equal(0);
      expect(text).to.match(/^ {2}[1-9]\d* passing/m);
    });

  it('CONTRIBUTING.md: runs the file of its example', () => {
    const { words } = documented('CONTRIBUTING.md', 'npm run test:unit -- ');
    const file = words.at(-1) ?? '';
    const { code, text } = run('unit', repositoryFile(file));
    expect(code, text).to.equal(0);
    expect(text).to.match(/^ {2}[1-9]\d* passing/m);
  });

  it('npm run test:watch: of a changed module it runs the tests that load it, and no other', () => {
    const script = `
      const { allTests, filesBelow, reaching } = require(${JSON.stringify(repositoryFile('test', 'run', 'files.js'))});
      const reached = reaching(filesBelow('dist', '.js'), ['dist/src/base/nearest.js']);
      console.log(JSON.stringify(allTests('unit').filter((file) => reached.has(file))));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    const reached = JSON.parse(stdout) as string[];
    expect(reached).to.include('dist/test/unit/cli/parser.test.js');
    expect(reached).not.to.include('dist/test/unit/openemr/php/sqlconf.test.js');
  });

  for (const [CI, ends, says] of [
    [undefined, 'are skipped', /\(skipped: this machine has no bash\)/],
    ['true', 'fail', /this machine has no bash, and in CI no test is skipped/],
  ] as const)
    it(`tests whose program is missing ${ends} ${CI === undefined ? 'and say so' : 'in CI'}`, () => {
      const { code, text } = runWith({ PATH: '', CI }, ['unit', 'cli/completion.test.ts']);
      expect(text).to.match(says);
      expect(code === 0, text).to.equal(CI === undefined);
    });

  it('runs the tests of a title only', () => {
    const { code, text } = run('unit', 'faults/roles.test.ts', '--grep', 'no test has this title');
    expect({ code, passing: text.includes('0 passing') }).to.deep.equal({ code: 0, passing: true });
  });

  const refused: [words: string[], says: string][] = [
    [['unit', 'role.test.ts'], 'role.test.ts is neither a test file nor a folder of tests.'],
    [['unit', 'roles.test.ts'], 'test/unit/faults/roles.test.ts'],
    [['unit', '../lab/verify.test.ts'], 'run npm run test:lab -- ../lab/verify.test.ts'],
    [['lab', 'faults/roles.test.ts'], 'run npm run test:unit -- faults/roles.test.ts'],
    [['units'], 'There are no tests "units": unit, lab or watch.'],
    [['unit', '--gerp=x'], "Unknown option '--gerp'"],
  ];
  for (const [words, says] of refused)
    it(`refuses ${words.join(' ')}, and says what to do`, () => {
      const { code, text } = run(...words);
      expect(text)
        .to.include(says)
        .and.not.match(/^\s+at /m);
      expect(code).to.equal(2);
    });
});
