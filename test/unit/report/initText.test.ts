import { expect } from 'chai';
import type { FoundDeployment } from '../../../src/find/find';
import {
  fileLines,
  findingLines,
  holdsPassword,
  initReport,
  withoutPasswords,
} from '../../../src/report/initText';

const url = 'https://user:wombat/@pages.example/health';
const all = {
  place: { context: 'prod', cluster: 'c', server: 'https://s' },
  found: [{ name: 'healthUrl', value: 'https://user:wombat@pages.example/health', from: 'the environment' }],
  open: [
    {
      name: 'backendUrl',
      why: 'two were found',
      how: 'set it',
      candidates: [{ value: 'postgres://state:wombat@db/pulumi', from: 'CronJob a' }],
    },
  ],
  notes: ['the CronJob has postgres://state:wombat@db/pulumi'],
} as unknown as FoundDeployment;

describe('what init shows of a URL with a login', () => {
  it('the user, and not the password: neither to people nor to programs', () => {
    const shown = withoutPasswords(all);
    const file = { file: 'f', written: false, lines: [], added: [], replaced: [], kept: [], text: '' };
    const texts = [findingLines(shown).join('\n'), JSON.stringify(initReport(shown, file, [], null))];
    for (const text of texts)
      expect(text)
        .to.include('https://user:…@pages.example/health')
        .and.include('postgres://state:…@db/pulumi')
        .and.not.include('wombat');
  });

  it('a password with colons and at signs is left out whole', () => {
    const note = 'the CronJob has postgres://state:wom:bat@x:wombat@db/pulumi';
    expect(withoutPasswords({ ...all, notes: [note] }).notes).to.deep.equal([
      'the CronJob has postgres://state:…@db/pulumi',
    ]);
  });

  it('a password that stands in the stack file already is not shown by a dry run', () => {
    const text =
      'config:\n  openemr-credential-rotation:backendUrl: postgres://state:CanaryPw1@db/pulumi\n  openemr-credential-rotation:namespace: openemr\n';
    const merged = { text, added: ['namespace'], replaced: [], kept: [] };
    const lines = fileLines('Pulumi.prod.yaml', merged, { isNew: false, isDryRun: true, text });
    expect(lines.join('\n'))
      .to.include('postgres://state:…@db/pulumi')
      .and.include('openemr-credential-rotation:namespace: openemr')
      .and.not.include('CanaryPw1');
  });

  it('a value without a login stays as it is', () => {
    for (const value of [
      'https://pages.example/health',
      's3://bucket/folder',
      'arn:aws:iam::1:role/a@b',
      url,
    ])
      expect(holdsPassword(value), value).to.equal(false);
  });
});
