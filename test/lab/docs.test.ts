import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { escape } from 'mysql2';
import { stringify } from 'yaml';
import type { Lab, Site } from '../../lab';
import { shortWaits } from '../../lab/shortWaits';
import {
  codeBlocks,
  codeLines,
  commandSpans,
  documentNames,
  repositoryText,
  shownCommands,
} from '../unit/docs/readme';
import { parseShell } from '../unit/docs/shell';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { switchNativeRotationOn } from './support/nativeRotation';
import type { Names } from './support/operator';
import { exampleNames, Operator } from './support/operator';
import { scheduleDeletion } from './support/secrets';
import { expectCode, expectHealthy, snapshot } from './support/world';

/** Those whose commands and statements readme.test.ts runs, in their order and on a site of its own. */
const ofReadmeTest = ['docs/commands.md', 'docs/production.md'];

/** The arguments of each command that the other files of docs/ show, in blocks and in the text, each once. */
const shown = documentNames()
  .filter((name) => !ofReadmeTest.includes(name))
  .flatMap((name) => {
    const text = repositoryText(name);
    return [...codeLines('sh', text), ...commandSpans(text)];
  })
  .flatMap(parseShell)
  .filter(({ words }) => words[0] === 'credential-rotation')
  .map(({ words }) => words.slice(1).join(' '));

/** Those that change something, in an order in which each has what it needs; readme.test.ts runs the rest of them. */
const changing = [
  '--plan rotation.json',
  'rollback --yes',
  'unlock --yes',
  'fleet run --fleet fleet.yaml',
  '--idle-limit 1800',
  'rotate',
  'fleet run --fleet fleet.yaml --index 0',
];
/** The report of a run, which is a good one once that run was. */
const reporting = 'fleet status --fleet fleet.yaml --since 2026-01-31T03:00:00Z';
const inReadmeTest = ['', '--sync-db-users'];
/** Those that need a fleet of many: fleet.test.ts runs them with its own names. */
const ofManySites = [
  'fleet run --fleet fleet.yaml --only clinic-a clinic-b',
  'fleet run --fleet fleet.yaml --concurrency 8 --on-failure continue',
];
/** Those that need a cluster of their own around the site: init.test.ts and job.test.ts run them with its names. */
const ofLaunchers = [
  'init',
  'init --terraform-outputs terraform',
  'init --cloudformation-outputs stacks.json',
  'init --context prod --namespace openemr --deployment openemr',
  'init --namespace openemr --terraform-outputs terraform',
  'job run',
  'job run -- --dry-run',
  'job run -- --log-json',
  'job run -- unlock --yes',
  'job logs',
];
/** Those that need a key and rotations to tell of: history.test.ts runs them with keys of its own. */
const ofEvidence = [
  'evidence --since 2026-01-01 --key evidence.pem --out evidence.json',
  'evidence --max-age 90d --kms-key alias/evidence --out evidence.json',
  'evidence verify evidence.json --key evidence.pub.pem',
  'evidence verify evidence.json --key public.pem',
  'evidence verify evidence.json --key evidence.pub.pem --after evidence-2025.json',
];
/** Those that ask a person: without a terminal they end with exit 2. */
const asking = ['rollback', 'unlock'];

/** The fleet file of docs/fleet.md. */
const [fleetExample = ''] = codeBlocks('yaml', repositoryText('docs', 'fleet.md'));

const fleetFile = (site: Site): string => path.join(site.folder, 'fleet.yaml');

/** A fleet of the one site. */
function writeFleet(site: Site): void {
  const settings = {
    awsRegion: 'us-east-1',
    slotSecretId: site.slotSecretId,
    adminSecretId: site.adminSecretId,
    sitesRoot: site.sitesRoot,
    namespace: site.namespace,
    deployment: site.deployment,
    kubernetesSecret: site.kubernetesSecret,
    databaseCaFile: site.environment['DATABASE_CA_FILE'],
    ...shortWaits,
    home: site.environment['CREDENTIAL_ROTATION_HOME'],
    backendUrl: site.environment['PULUMI_BACKEND_URL'],
  };
  writeFileSync(fleetFile(site), stringify({ deployments: [{ name: site.name, ...settings }] }));
}

describe('the commands of docs/, on a lab', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  const elsewhere = [...inReadmeTest, ...ofManySites, ...ofLaunchers, ...ofEvidence];
  const reading = [...new Set(shown)].filter(
    (words) => ![...changing, reporting, ...elsewhere, ...asking, 'rollback --dry-run'].includes(words),
  );

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
    writeFleet(site);
  });
  after(() => site.remove());

  it('are all known to this test', () => {
    expect(shown).to.include.members([
      ...changing,
      reporting,
      ...ofManySites,
      ...ofLaunchers,
      ...ofEvidence,
      ...asking,
    ]);
    const quiet =
      /--dry-run|^(status|verify|history|config|completion|fleet (plan|status|manifest))\b|--help|--version|--if-older-than/;
    expect(reading.filter((words) => !quiet.test(words))).to.deep.equal([]);
  });

  for (const words of reading) {
    it(`credential-rotation ${words}: exit 0, and nothing changes`, async () => {
      const before = await snapshot(site);
      // A manifest is of what the document shows; this machine is no pod.
      if (words.startsWith('fleet manifest')) writeFileSync(fleetFile(site), fleetExample);
      expectCode(await run(site, words.split(' ')), 0);
      writeFleet(site);
      expect(await snapshot(site)).to.deep.equal(before);
    });
  }

  /** Every command of another tool in the documents. */
  const ofOthers = documentNames()
    .flatMap((name) => shownCommands(repositoryText(name)))
    .filter((line) => /^(aws|kubectl|mariadb) /.test(line));

  /** Carries out a document's command with its real program; gives what it prints. */
  async function byHand(line: string, more: Names = []): Promise<string> {
    expect(ofOthers, 'it is in a document').to.include(line);
    return new Operator(lab, site, site.folder).runLine(line, [...exampleNames(site), ...more]);
  }

  const looking = ofOthers.filter((line) =>
    /^(aws secretsmanager (describe|get|list)-|kubectl -n openemr (get (?!events --field)|describe |rollout status ))/.test(
      line,
    ),
  );
  for (const line of new Set(looking)) {
    it(`it answers: ${line}`, async () => {
      expect(await byHand(line)).to.not.equal('');
    });
  }

  it('a secret that is scheduled for deletion is restored by: aws secretsmanager restore-secret', async () => {
    await scheduleDeletion(site, site.slotSecretId);
    // DescribeSecret answers for such a secret, GetSecretValue refuses; whichever ends first, it is told alike.
    for (const args of [['--dry-run'], ['verify'], []]) {
      const refused = await run(site, args);
      expectCode(refused, 2);
      expect(refused.stdout + refused.stderr).to.include(
        'is scheduled for deletion; restore it (aws secretsmanager restore-secret)',
      );
    }
    await byHand('aws secretsmanager restore-secret --secret-id openemr/slots');
    expectCode(await run(site, ['--dry-run']), 0);
  });

  it('native rotation is switched off by: aws secretsmanager cancel-rotate-secret', async () => {
    const operator = new Operator(lab, site, site.folder);
    await switchNativeRotationOn(lab, site, operator);
    const refused = await run(site, ['--dry-run']);
    expectCode(refused, 2);
    expect(refused.stderr).to.include('own rotation switched on');
    await byHand('aws secretsmanager cancel-rotate-secret --secret-id openemr/admin');
    // What that rotation has begun is left: the run says which command takes it away.
    const { stdout } = await run(site, ['--dry-run']);
    const [, command = ''] =
      /, run (aws secretsmanager update-secret-version-stage [^,]+),/.exec(stdout) ?? [];
    await operator.run(command.split(' '));
    expectCode(await run(site, ['--dry-run']), 0);
  });

  it('the admin gets a new password, from a file, by: aws rds modify-db-cluster', async () => {
    const operator = new Operator(lab, site, site.folder);
    const cluster = ['--db-cluster-identifier', 'openemr', '--engine', 'aurora-mysql'];
    const master = ['--master-username', 'admin', '--manage-master-user-password'];
    await operator.run(['aws', 'rds', 'create-db-cluster', ...cluster, ...master]);
    const file = path.join(site.folder, 'master');
    writeFileSync(file, 'A-new-one-by-hand-1', { mode: 0o600 });
    const answer = await byHand(
      'aws rds modify-db-cluster --db-cluster-identifier openemr --master-user-password file:///dev/shm/master --apply-immediately',
      [['/dev/shm/master', file]],
    );
    expect(JSON.parse(answer)).to.have.nested.property('DBCluster.DBClusterIdentifier', 'openemr');
  });

  it('a paused Deployment goes on by: kubectl rollout resume', async () => {
    const cluster = new Cluster(lab, site);
    const operator = new Operator(lab, site, site.folder);
    const rollout = ['kubectl', '-n', site.namespace, 'rollout'];
    await cluster.patchDeployment({ spec: { paused: true } });
    const refused = await run(site, ['--dry-run']);
    expect(refused.code).to.not.equal(0);
    expect(refused.stdout).to.match(/is paused, .*; run kubectl rollout resume\./);
    await operator.run([...rollout, 'resume', `deployment/${site.deployment}`]);
    cluster.close();
    expectCode(await run(site, ['--dry-run']), 0);
  });

  const [letGo = ''] = codeLines('sh', repositoryText('docs/operations.md')).filter((line) =>
    line.startsWith('kubectl -n openemr patch secret openemr-db-credentials --type=json'),
  );
  it(`a Secret that a controller leaves alone again is let go by: ${letGo}`, async () => {
    const cluster = new Cluster(lab, site);
    const { 'mysql-user': user = '' } = await site.kubernetesSecretData();
    for (const value of [`${user}x`, user])
      await cluster.setSecret({ 'mysql-user': value }, 'argocd-controller');
    const refused = await run(site, ['--dry-run']);
    expectCode(refused, 2);
    expect(refused.stdout).to.match(/has mysql-user written by Argo CD .*, and leave them in the Secret\./);
    await byHand(letGo);
    cluster.close();
    expectCode(await run(site, ['--dry-run']), 0);
    expect(await site.kubernetesSecretData()).to.include({ 'mysql-user': user });
  });

  // The emergency reset's own statements run in emergencyReset.test.ts, in their order.
  const statements = documentNames()
    .filter((name) => !ofReadmeTest.includes(name))
    .flatMap((name) => codeLines('sql', repositoryText(name)))
    .filter((line) => !line.startsWith('ALTER USER'))
    // A variable of MariaDB alone, as the page says.
    .filter((line) => databases[0] === 'mariadb' || !line.includes('userstat'));
  for (const statement of new Set(statements)) {
    it(`the database takes: ${statement}`, async () => {
      const { A, admin } = site.users;
      const named = statement.replace(/'openemr(_a|%)'/g, escape(A)).replace("'admin'@", `${escape(admin)}@`);
      const rows = await lab.database.root(named);
      if (/ FROM mysql.user | VARIABLES |^SHOW GRANTS/.test(statement))
        expect(rows.length, 'it tells something').to.be.greaterThan(0);
      else expect(rows).to.be.an('array');
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
    expectCode(await run(site, reporting.split(' ')), 10);
    expectCode(await run(site, ['fleet', 'run', '--fleet', 'fleet.yaml']), 0);
    await expectHealthy(site, 'B');
    expectCode(await run(site, reporting.split(' ')), 0);
    expectCode(await run(site, ['--idle-limit', '1800']), 0);
    await expectHealthy(site, 'A');
    expectCode(await run(site, ['rotate']), 0);
    await expectHealthy(site, 'B');
    expectCode(await run(site, ['fleet', 'run', '--fleet', 'fleet.yaml', '--index', '0']), 0);
    await expectHealthy(site, 'A');
  });
});
