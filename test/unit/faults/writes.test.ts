import { expect } from 'chai';
import { isWrite, persists } from '../../lab/support/writes';

describe('what counts as a write', () => {
  for (const statement of [
    "ALTER USER 'a'@'%' IDENTIFIED BY <secret>",
    'SET GLOBAL general_log = 1',
    'SET SESSION sql_mode = 1, GLOBAL general_log = 1',
    'SET @@GLOBAL.general_log = 1',
    "SET PASSWORD FOR 'a'@'%' = <secret>",
    'KILL 17',
    'CALL mysql.rds_kill(17)',
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    'SELECT NEXTVAL(s)',
    'SELECT NEXT VALUE FOR s',
    'SELECT openemr.delete_all(1)',
    'SELECT `openemr`.`delete_all` (1)',
    'DO openemr.delete_all()',
    'FLUSH HOSTS',
    "SET DEFAULT ROLE ALL TO 'a'@'%'",
    'EXECUTE stored',
  ])
    it(`yes: ${statement}`, () => expect(isWrite(statement)).to.equal(true));

  for (const statement of [
    'SELECT 1',
    "SELECT GET_LOCK('a.b(', 1)",
    "DO RELEASE_LOCK('rotation')",
    'SELECT COUNT(*) FROM mysql.user WHERE User IN (1)',
    "SELECT * FROM performance_schema.accounts WHERE note = 'SET GLOBAL x = 1'",
    "SHOW GLOBAL VARIABLES LIKE 'a'",
    'SELECT @@GLOBAL.read_only, @@global.super_read_only = 1',
    'SHOW GRANTS',
    'SET NAMES utf8mb4',
    'SET ROLE ALL',
    'SET SESSION lock_wait_timeout = 5',
    'USE openemr',
  ])
    it(`no: ${statement}`, () => expect(isWrite(statement)).to.equal(false));

  const event = (verb: string, requestURI: string, code = 200) => ({
    verb,
    requestURI,
    user: { username: 'system:serviceaccount:a:b' },
    responseStatus: { code },
  });
  const secret = '/api/v1/namespaces/a/secrets/s';
  const lease = '/apis/coordination.k8s.io/v1/namespaces/a/leases/credential-rotation-openemr';

  it('a patch, the renewal of a Lease, and a Secret that is called dryRun are writes', () => {
    for (const [verb, uri] of [
      ['patch', secret],
      ['update', lease],
      ['patch', lease],
      ['patch', `${secret}-dryRun=All?fieldManager=x`],
    ] as const)
      expect(persists(event(verb, uri)), `${verb} ${uri}`).to.equal(true);
  });

  it('a dry run, a question about rights, a refused request and a read are none', () => {
    for (const each of [
      event('patch', `${secret}?fieldManager=x&dryRun=All`),
      event('create', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 201),
      event('create', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', 201),
      event('patch', secret, 403),
      event('get', secret),
    ])
      expect(persists(each), `${each.verb} ${each.requestURI}`).to.equal(false);
  });
});
