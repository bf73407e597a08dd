import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { readSettings } from '../../src/settings/settings';
import { rawProgram } from '../../src/run/rawPreview';
import { openStack } from '../../src/engine/workspace';
import { keepEnvironment } from '../environment';
import { databases, labWith } from './support/labs';
import { expectCode, snapshot } from './support/world';
import { run } from './support/command';

describe('the program of Pulumi.yaml', function () {
  this.timeout(120_000);
  let lab: Lab;
  let site: Site;
  const restore = keepEnvironment();

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
    Object.assign(process.env, site.environment);
  });
  after(async () => {
    restore();
    await site.remove();
  });

  it('previews a rotation like the command, and refuses an update', async () => {
    expectCode(await run(site), 0);
    const before = await snapshot(site);
    const settings = readSettings({}, process.env, site.folder);
    const { stack } = await openStack(settings);
    stack.workspace.program = () => rawProgram(settings, 'rotate');
    const { changeSummary } = await stack.preview();
    expect(changeSummary.create).to.be.greaterThan(5);
    let shown = '';
    const ended = await stack.up({ onOutput: (text) => (shown += text) }).then(
      () => 'done',
      () => 'refused',
    );
    expect(ended).to.equal('refused');
    expect(shown).to.include('Run credential-rotation instead');
    expect(await snapshot(site)).to.deep.equal(before);
  });
});
