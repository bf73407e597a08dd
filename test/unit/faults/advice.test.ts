import { expect } from 'chai';
import { adviceIn, messageOf } from '../../faults/advice';

describe('what a message tells its reader to do', () => {
  for (const [message, advice] of [
    ['Step 7 failed. Run again to finish this rotation.', { kind: 'command', args: [] }],
    [
      'refuses oa; run credential-rotation --sync-db-users, which lets OpenEMR log in again, then run again.',
      { kind: 'command', args: ['--sync-db-users'] },
    ],
    [
      'is another. Set it with --sync-db-users, then run again.',
      { kind: 'command', args: ['--sync-db-users'] },
    ],
    ['Nothing of it; run credential-rotation rollback.', { kind: 'command', args: ['rollback', '--yes'] }],
    ['is paused; run kubectl rollout resume.', { kind: 'tool', line: 'kubectl rollout resume' }],
    [
      'When nobody is, run aws secretsmanager update-secret-version-stage --secret-id s --version-stage AWSPENDING --remove-from-version-id v, and run again.',
      {
        kind: 'tool',
        line: 'aws secretsmanager update-secret-version-stage --secret-id s --version-stage AWSPENDING --remove-from-version-id v',
      },
    ],
    [
      "is locked; run ALTER USER 'u'@'%' ACCOUNT UNLOCK.",
      { kind: 'sql', statement: "ALTER USER 'u'@'%' ACCOUNT UNLOCK" },
    ],
    ['is in use with another password. Correct that place and run again.', { kind: 'correct-file' }],
    ['Close those sessions and run again to finish.', { kind: 'close-sessions' }],
    ['OpenEMR is down.', undefined],
  ] as const)
    it(message, () => {
      expect(adviceIn(message)).to.deep.equal(advice);
    });

  it('is the same message whatever the run is called', () => {
    const [one, other] = ['20261129t063000', '20261129t063100'].map((id) =>
      messageOf({ stderr: `✓ 1/11\nStep 8 failed. [exit 12, rotation ${id}]\n` }),
    );
    expect(one).to.equal(other);
  });
});
