import { expect } from 'chai';
import type { OtherSite } from '../../../src/rotation/otherSites';
import { otherUsesOf } from '../../../src/rotation/otherSites';
import type { DatabaseLogin } from '../../../src/rotation/slot';
import { planFor } from './planned';
import { canary, loginOf, observationOf, worldOn } from './simulatedWorld';

const path = '/sites/two/sqlconf.php';
const site = (username: string, changes: Partial<DatabaseLogin> = {}): OtherSite => ({
  path,
  kind: 'login',
  login: loginOf(username, { dbname: 'two', ...changes }),
});
const text = (content: string): OtherSite => ({ path, kind: 'text', text: `${canary} ${content}` });

/** Why a rotation is refused where slot A is active, or nothing. */
function refusal(otherSites: OtherSite[], kind: 'rotate' | 'sync' = 'rotate'): string {
  const result = planFor({ ...observationOf(worldOn('A')), otherSites }, kind);
  expect(JSON.stringify(result.kind === 'refused' ? result : result.planned.plan)).not.to.include(canary);
  return result.kind === 'refused' ? result.problems.join('\n') : '';
}

describe('planRotation: other sites', () => {
  const sharing: [string, OtherSite, RegExp][] = [
    ["the active slot's user", site('openemr_a'), /two\/sqlconf\.php \(as openemr_a\)/],
    ["the standby's user", site('openemr_b'), /\(as openemr_b\)/],
    ['the admin', site('admin'), /\(as admin\)/],
    ['another spelling of the host', site('openemr_a', { host: 'DB.Example.' }), /\(as openemr_a\)/],
    ['a file that cannot be read', { path, kind: 'unread', problem: 'EACCES' }, /could not be read: EACCES/],
    [
      'a text with the user in it',
      text("$login = 'openemr_a' . $x;"),
      /holds openemr_a and cannot be followed/,
    ],
    ['a text with it behind a backslash', text("$login = 'openemr\\_b' . $x;"), /holds openemr_b/],
  ];
  for (const [name, other, message] of sharing) {
    it(`refuses a rotation with the list: ${name}`, () => {
      const problem = refusal([other]);
      expect(problem)
        .to.match(message)
        .and.match(/^Other sites [^\n]+give each site a database user of its own[^\n]+\.$/);
    });
  }

  const apart: [string, OtherSite][] = [
    ['a user of its own', site('openemr_two')],
    ['the same name in other letters, which MySQL tells apart', site('OpenEMR_A')],
    ['another server', site('openemr_a', { host: 'elsewhere.example' })],
    ['another port', site('openemr_a', { port: '3307' })],
    ['a text without any of the users', text("$login = getenv('MYSQL_USER');")],
  ];
  for (const [name, other] of apart)
    it(`lets a rotation be: ${name}`, () => expect(refusal([other])).to.equal(''));

  it('lists every such file once, and no other', () => {
    const paths = ['/sites/a', '/sites/b\n', '/sites/c'];
    const users = ['openemr_a', 'openemr_b', 'own'];
    const problem = refusal(paths.map((each, index) => ({ ...site(users[index] ?? ''), path: each })));
    expect(problem).to.include(': /sites/a (as openemr_a), /sites/b? (as openemr_b); ');
  });

  it('names the user of a site that is on neither slot', () => {
    const world = {
      ...worldOn('A'),
      file: loginOf('shared'),
      users: new Map([['shared', `${canary}-shared`]]),
    };
    const result = planFor({ ...observationOf(world), otherSites: [site('shared')] });
    expect(result.kind === 'refused' && result.problems.join()).to.match(/two\/sqlconf\.php \(as shared\)/);
  });

  it('does not stop a repair: that sets a user in use only to the password that every file names', () => {
    expect(refusal([site('openemr_a')], 'sync')).to.equal('');
  });

  it('takes the reader endpoint of an Aurora cluster for the same server', () => {
    const [writer, reader] = [
      'emr.cluster-abc.eu.rds.amazonaws.com',
      'emr.cluster-ro-abc.eu.rds.amazonaws.com',
    ];
    const account = { username: 'openemr_a', host: writer, port: '3306' };
    expect(otherUsesOf([site('openemr_a', { host: reader })], account)).to.have.length(1);
    expect(otherUsesOf([site('openemr_a', { host: `x${reader}` })], account)).to.have.length(0);
  });

  it('knows the password of a use only where the file could be read', () => {
    const account = { username: 'openemr_a', host: 'db.example', port: '3306' };
    const uses = otherUsesOf(
      [site('openemr_a'), text('openemr_a'), { path, kind: 'unread', problem: 'EIO' }],
      account,
    );
    expect(uses.map(({ password }) => password)).to.deep.equal([`${canary}-openemr_a`, undefined, undefined]);
  });
});
