import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { blockLines } from '../../../src/report/block';
import { TerminalRenderer } from '../../../src/report/terminal';
import { plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';
import { captured } from './captured';
import { FakeTerminal } from './fakeTerminal';

describe('the block on a terminal', () => {
  it('has eleven lines, none wider than the terminal, with or without colour', () => {
    const steps = new Map([[7 as const, { started: 0, note: '1 updated, 2 available of 2' }]]);
    for (const columns of [20, 40, 80, 200]) {
      for (const colour of [true, false]) {
        const lines = blockLines(steps, { now: 12_345, columns, colour });
        expect(lines).to.have.length(11);
        // eslint-disable-next-line no-control-regex
        const plain = lines.map((line) => line.replace(/\u001b\[\d+m/g, ''));
        if (columns >= 40) for (const line of plain) expect([...line].length).to.be.below(columns);
        if (columns === 80)
          expect(plain[6]).to.match(/7\/11 restart .* 1 updated, 2 available of 2 +12.3 s$/);
        if (!colour) expect(plain).to.deep.equal(lines);
      }
    }
  });

  it('is drawn over itself; lines above it stay; the last state of every step stays', async () => {
    const terminal = new FakeTerminal(80, 24);
    const { planned } = { planned: plannedIn(worldOn('A')) };
    const { stdout } = await captured(async () => {
      const renderer = new TerminalRenderer(terminal, false);
      renderer.news({ kind: 'planned', planned, resumed: false, notices: [] });
      for (const step of [3, 4, 5, 6, 7] as const) {
        renderer.news({ kind: 'step', event: { kind: 'started', step } });
        renderer.news({ kind: 'step', event: { kind: 'ended', step, status: 'done', ms: 1000 * step } });
      }
      renderer.news({ kind: 'rollout', updated: 2, available: 2, wanted: 2 });
      renderer.news({ kind: 'rolling-back', failure: new Failure('rollout-timeout', 'a reason.'), step: 8 });
      renderer.news({ kind: 'step', event: { kind: 'started', step: 5 } });
      renderer.ending({ outcome: 'done', message: 'the end', steps: [] });
    });
    const shown = terminal.lines.filter((line) => line !== '');
    expect(shown, shown.join('\n')).to.have.length(11);
    expect(shown[0]).to.match(/✓ +1\/11 determine the active slot … A/);
    expect(shown.filter((line) => line.includes(' 5/11'))).to.have.length(1);
    expect(stdout).to.include('✓ the end');
  });

  it('a line of a signal stands above it, and the ^C that the terminal shows leaves nothing askew', async () => {
    const terminal = new FakeTerminal(80, 24);
    const { stderr } = await captured(async () => {
      const renderer = new TerminalRenderer(terminal, false);
      renderer.news({ kind: 'planned', planned: plannedIn(worldOn('A')), resumed: false, notices: [] });
      terminal.write('^C');
      renderer.news({ kind: 'step', event: { kind: 'started', step: 3 } });
      expect(terminal.lines.join('\n')).not.to.include('^C');
      expect(terminal.lines[0]).to.match(/^✓ +1\/11 /);
      terminal.write('^C');
      renderer.news({ kind: 'stopping', text: 'SIGINT: stopping' });
      renderer.news({ kind: 'notice', text: 'good to know' });
      renderer.ending({ outcome: 'cancelled', message: 'the end', steps: [] });
    });
    expect(stderr).to.match(/SIGINT: stopping\nNote: good to know\.\n✗ the end/);
    const shown = terminal.lines.filter((line) => line !== '');
    expect(shown, shown.join('\n')).to.have.length(11);
    for (const line of shown) expect(line).to.match(/^.  ?\d+\/11 /);
  });

  it('makes room for a preview, and does not move while a question may stand below it', async () => {
    const terminal = new FakeTerminal(80, 24);
    const planned = plannedIn(worldOn('A'));
    const { stdout } = await captured(async () => {
      const renderer = new TerminalRenderer(terminal, false);
      renderer.news({ kind: 'planned', planned, resumed: false, notices: [] });
      renderer.preview({
        planned,
        resumed: false,
        changes: [],
        problems: [],
        differences: [],
        notDue: undefined,
      });
      terminal.write('Move OpenEMR back?');
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect(terminal.lines.join('')).to.equal('Move OpenEMR back?');
      renderer.ending({ outcome: 'done', message: 'the end', planned, steps: [] });
    });
    expect(terminal.lines.join('')).to.equal('Move OpenEMR back?');
    expect(stdout).to.match(/Nothing was changed\.\n✓ the end\n$/);
  });

  it('on a low terminal draws the last lines only, so that nothing is drawn twice', () => {
    const terminal = new FakeTerminal(80, 8);
    const renderer = new TerminalRenderer(terminal, false);
    const planned = plannedIn(worldOn('A'));
    renderer.news({ kind: 'planned', planned, resumed: false, notices: [] });
    for (const step of [3, 4, 5] as const) renderer.news({ kind: 'step', event: { kind: 'started', step } });
    expect(terminal.lines.filter((line) => line.includes('/11'))).to.have.length(6);
    terminal.emit('error', new Error('gone'));
  });
});
