import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { stepNumbers } from '../../src/rotation/steps';
import type { TerminalRun } from '../unit/cli/terminal';
import { columns, rows, runOnTerminal } from '../unit/cli/terminal';
import { FakeTerminal } from '../unit/report/fakeTerminal';
import { commandFile, environmentOf } from './support/command';
import { databases, labWith } from './support/labs';
import { expectHealthy, expectNoSecret, snapshot } from './support/world';

const colour = '\u001b[3';
const upwards = /\u001b\[\d+A/; // eslint-disable-line no-control-regex

/** What stands on the terminal at the end. */
function shownAtEnd({ screen }: TerminalRun): string[] {
  const terminal = new FakeTerminal(columns, rows);
  terminal.write(screen);
  return terminal.lines.map((line) => line.trimEnd()).filter((line) => line !== '');
}

// What a person sees does not depend on the kind of database.
describe('on a terminal', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    // Several pods, so that the rollout is seen while it goes on.
    site = await lab.createSite({ replicas: 4 });
  });
  after(() => site.remove());

  /** Runs the command on a terminal; `typed` answers its question. */
  async function onTerminal(
    args: string[],
    code: number,
    { typed, ...changes }: { typed?: string; NO_COLOR?: string; TERM?: string } = {},
  ): Promise<TerminalRun> {
    const all = { TERM: 'xterm-256color', ...environmentOf(site), ...changes };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const answers = typed === undefined ? [] : ([['[y/N] ', typed]] as const);
    const world = { env: Object.fromEntries(given), cwd: site.folder };
    const result = await runOnTerminal([process.execPath, commandFile, ...args], world, answers);
    expect(result.code, result.screen).to.equal(code);
    const { A, B, admin } = await snapshot(site);
    expectNoSecret([A.password, B.password, admin.password], { screen: result.screen });
    return result;
  }

  it('a rotation is one block in colour that is drawn anew, and its end stands below it', async () => {
    const rotated = await onTerminal([], 0);
    expect(rotated.screen).to.match(upwards).and.include(`${colour}2m`);
    const shown = shownAtEnd(rotated);
    const block = shown.filter((line) => /^. +\d+\/11 /.test(line));
    expect(block.map((line) => Number(/\d+/.exec(line)?.[0]))).to.deep.equal(stepNumbers);
    for (const line of block) expect(line).to.match(/^✓ /);
    expect(rotated.screen, 'the rollout, while it goes on').to.match(
      /7\/11 .* \d updated, \d available of 4 /,
    );
    expect(shown.at(-1)).to.equal('✓ OpenEMR runs on slot B.');
    await expectHealthy(site, 'B');
  });

  it('a rollback asks: no is exit 8 and changes nothing, yes goes back; NO_COLOR takes the colours away', async () => {
    const before = await snapshot(site);
    const refused = await onTerminal(['rollback'], 8, { typed: 'n\r', NO_COLOR: '1' });
    expect(refused.screen).to.include('Move OpenEMR back? [y/N] ').and.include('Nothing was changed.');
    expect(await snapshot(site)).to.deep.equal(before);
    const done = await onTerminal(['rollback'], 0, { typed: 'y\r', NO_COLOR: '1' });
    expect(done.screen).to.match(upwards);
    for (const { screen } of [refused, done]) expect(screen).not.to.include(colour);
    await expectHealthy(site, 'A');
  });

  it('unlock asks: no is exit 8, yes clears', async () => {
    const refused = await onTerminal(['unlock'], 8, { typed: '\r' });
    expect(refused.screen).to.include('Database lock: free.').and.include('Nothing was changed.');
    const cleared = await onTerminal(['unlock'], 0, { typed: 'yes\r' });
    expect(cleared.screen).to.include('✓ Every lock is clear.');
  });

  it('a terminal that is dumb gets plain lines', async () => {
    const { screen } = await onTerminal(['--sync-db-users'], 0, { TERM: 'dumb' });
    expect(screen).not.to.include('\u001b');
    expect(screen).to.match(/^ 4\/11 sync the database users .* \(\d+\.\d s\)\r$/m);
  });
});
