import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { codeLines, documentNames, repositoryText } from '../unit/docs/readme';
import { parseShell } from '../unit/docs/shell';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy, snapshot } from './support/world';

/** The arguments of each command that the files of docs/ show, each once. */
const shown = documentNames()
  .flatMap((name) => codeLines('sh', repositoryText(name)))
  .flatMap(parseShell)
  .filter(({ words }) => words[0] === 'credential-rotation')
  .map(({ words }) => words.slice(1).join(' '));

/** Those that change something, in an order in which each has what it needs; the test of the README runs the rest of them. */
const changing = ['--plan rotation.json', 'rollback --yes', 'unlock --yes'];
const ofReadme = ['', '--sync-db-users'];
/** Those that ask a person: without a terminal they end with exit 2. */
const asking = ['rollback', 'unlock'];

describe('the commands of docs/, on a lab', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  const reading = [...new Set(shown)].filter(
    (words) => ![...changing, ...ofReadme, ...asking, 'rollback --dry-run'].includes(words),
  );

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  after(() => site.remove());

  it('are all known to this test', () => {
    expect(shown).to.include.members([...changing, ...asking]);
    const quiet = /--dry-run|^(status|verify|history|config)\b|--help|--version|--if-older-than/;
    expect(reading.filter((words) => !quiet.test(words))).to.deep.equal([]);
  });

  for (const words of reading) {
    it(`credential-rotation ${words}: exit 0, and nothing changes`, async () => {
      const before = await snapshot(site);
      expectCode(await run(site, words.split(' ')), 0);
      expect(await snapshot(site)).to.deep.equal(before);
    });
  }

  for (const words of asking) {
    it(`credential-rotation ${words}: asks, and without a terminal ends with exit 2`, async () => {
      const result = await run(site, [words]);
      expectCode(result, 2);
      expect(result.stderr).to.include('--yes');
    });
  }

  it(`credential-rotation ${changing.join(', then ')}`, async () => {
    expectCode(await run(site, ['--plan', 'rotation.json']), 0);
    await expectHealthy(site, 'B');
    expectCode(await run(site, ['rollback', '--dry-run']), 0);
    expectCode(await run(site, ['rollback', '--yes']), 0);
    await expectHealthy(site, 'A');
    expectCode(await run(site, ['unlock', '--yes']), 0);
  });
});
