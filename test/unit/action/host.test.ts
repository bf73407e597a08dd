import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Host } from '../../../src/action/host';
import { outputsOf } from '../../../src/action/report';

describe('what the action tells its runner', () => {
  let folder: string;
  let said: string;
  let host: Host;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'action-'));
    said = '';
    const files = {
      GITHUB_OUTPUT: path.join(folder, 'output'),
      GITHUB_EVENT_PATH: path.join(folder, 'event'),
    };
    host = new Host(files, (text) => (said += text));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('masks each line of a secret, once, and nothing that is too short', () => {
    host.mask(['first-line\nsecond-100%', 'first-line', 'lab', '  ']);
    expect(said).to.equal('::add-mask::first-line\n::add-mask::second-100%25\n');
  });

  it('escapes what it shows', () => {
    host.annotate('error', 'one\n::set-env::two');
    expect(said).to.equal('::error::one%0A::set-env::two\n');
  });

  it('lets no line of somebody else be a command', () => {
    const log = host.withoutCommands();
    log.line('::add-mask::x');
    log.end();
    const [, token] = /^::stop-commands::([0-9a-f-]{36})\n::add-mask::x\n::\1::\n$/.exec(said) ?? [];
    expect(token, said).to.be.a('string');
  });

  it('sets outputs that hold lines, and what looks like an end', () => {
    const message = 'one\nEOF\nname=value';
    host.outputs({ ...outputsOf({ exitCode: 0, lines: [] }), message });
    const text = readFileSync(path.join(folder, 'output'), 'utf8');
    expect(text).to.match(/^outcome<<(end-[0-9a-f-]{36})\ndone\n\1\n/);
    expect(text).to.match(/message<<(end-[0-9a-f-]{36})\none\nEOF\nname=value\n\1\n$/);
  });

  it('knows the pull request of its event, and none of an event of another form', () => {
    expect(host.pullRequest()).to.equal(undefined);
    const event = (text: string): number | undefined => {
      writeFileSync(path.join(folder, 'event'), text);
      return host.pullRequest();
    };
    expect(event('{"action":"opened","pull_request":{"number":7,"url":"x"}}')).to.equal(7);
    for (const other of [
      '',
      '{',
      'null',
      '{}',
      '{"pull_request":null}',
      '{"pull_request":{"number":"7; x"}}',
    ])
      expect(event(other), other).to.equal(undefined);
  });
});
