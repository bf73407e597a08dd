import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { escape, escapeId } from 'mysql2';
import { stringify } from 'yaml';
import type { Lab, Site } from '../../lab';
import { codeBlocks, repositoryText } from '../unit/docs/readme';
import { parseShell } from '../unit/docs/shell';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import type { Names } from './support/operator';
import { exampleNames, inLab, Operator } from './support/operator';
import { putSecret } from './support/secrets';
import type { WorldSnapshot } from './support/world';
import { alterPassword, dropDefaultUsers, expectCode, expectHealthy, snapshot } from './support/world';
import { until } from './support/until';

/** The numbered steps of the document's section, as they stand there. */
const [, section = ''] = repositoryText('docs', 'operations.md').split(/^## Emergency reset$/m);
const steps = section.split(/^\d+\. (?=\*\*)/m).slice(1);
/** Blocks of one language of a step, by its number. */
const blocks = (step: number, language: string): string[] => codeBlocks(language, steps[step - 1] ?? '');

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

// The statements are of both databases; what the lab's accounts are like is the same.
for (const database of databases) {
  describe(`the emergency reset of docs/operations.md, step by step (${database})${longUnless(database === 'mysql')}`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;
    let operator: Operator;
    let cluster: Cluster;
    let before: WorldSnapshot;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
      before = await snapshot(site);
      await lab.serveExec();
      operator = new Operator(lab, site, site.folder);
      cluster = new Cluster(lab, site);
    });
    afterEach(async () => {
      cluster.close();
      await site.remove();
      await dropDefaultUsers(lab);
    });

    /** The commands of a block, each carried out in its order; gives what they print. The database's client is for `statements`. */
    async function commands(block: string, { more = [], input = '' }: { more?: Names; input?: string } = {}) {
      const answers: string[] = [];
      for (const line of block.split('\n').map((each) => each.trim()))
        if (line !== '' && !line.startsWith('mariadb '))
          answers.push(await operator.runLine(line, [...exampleNames(site), ...more], input));
      return answers;
    }

    /**
     * The SQL of a step with the real user, schema and password, typed into the client that step 3 opens, as the admin
     * that its secret names; gives all that the client shows.
     */
    async function statements(sql: string, password: string): Promise<string> {
      const real = inLab(sql, [
        ["'openemr_a'", escape(site.users.A)],
        ["'openemr%'", escape(site.users.A)],
        ['openemr.*', `${escapeId(site.schema)}.*`],
        ["'the password in sqlconf.php'", escape(password)],
      ]);
      const client = (blocks(3, 'sh')[0] ?? '').split('\n').find((line) => /^ *mariadb /.test(line)) ?? '';
      const [{ words } = { words: [] }] = parseShell(inLab(client.trim(), exampleNames(site)));
      const lines = real.split('\n').filter((each) => each.trim() !== '');
      const typed = [...lines, 'exit'].map((line) => [']> ', `${line.trim()}\n`] as const);
      return operator.runOnTerminal(words, [['Enter password: ', `${before.admin.password}\n`], ...typed]);
    }

    /** Pods that were not ready take a moment until they are asked again. */
    async function expectUp(up: boolean): Promise<void> {
      const isUp = async (): Promise<boolean> =>
        /"database":true/.test(await (await fetch(site.healthUrl)).text());
      await until(`OpenEMR is ${up ? 'up' : 'down'}`, async () => (await isUp()) === up, { everyMs: 250 });
    }

    /** Step 2: a shell in a pod of OpenEMR, and in it the file. */
    async function expectSeen(): Promise<void> {
      const [seen] = await commands(blocks(2, 'sh')[0] ?? '', { input: `cat '${site.sqlconfFile}'\n` });
      expect(seen).to.equal(readFileSync(site.sqlconfFile, 'utf8'));
    }

    /** Step 3: the admin's login. */
    async function expectAdmin(): Promise<void> {
      const [admin = ''] = await commands(blocks(3, 'sh')[0] ?? '');
      expect(JSON.parse(admin)).to.deep.include(before.admin);
    }

    /** Step 3: what the client shows of the three statements. */
    function expectGranted(screen: string): void {
      expect(screen)
        .to.match(new RegExp(`\\| ${site.users.A} +\\| % +\\|`))
        .and.include('Query OK');
      expect(screen)
        .to.match(/\| GRANT ALL PRIVILEGES ON /)
        .and.not.include('ERROR');
    }

    /** Step 5: the Secret from a file, then the restart. */
    async function patchSecretAndRestart(password: string): Promise<void> {
      const keys = [...(steps[4] ?? '').matchAll(/`(mysql-\w+)`/g)].map(([, key = '']) => key);
      expect(keys).to.have.members(['mysql-host', 'mysql-user', 'mysql-password', 'mysql-database']);
      const values: Record<string, string> = {
        'mysql-host': before.file.host,
        'mysql-user': site.users.A,
        'mysql-password': password,
        'mysql-database': site.schema,
      };
      writeFileSync(path.join(site.folder, 'secret.yaml'), stringify({ stringData: values }), {
        mode: 0o600,
      });
      await commands(blocks(5, 'sh')[0] ?? '');
      await expectUp(true);
    }

    /** Step 7: the tool's own commands, in the order of the document. */
    async function putTheToolInOrder(): Promise<void> {
      const lines = (blocks(7, 'sh')[0] ?? '').split('\n').map((line) => line.replace(/\s+#.*$/, '').trim());
      const shown = lines.filter((line) => line !== '').flatMap(parseShell);
      expect(shown.map(({ words }) => words.slice(1).join(' '))).to.deep.equal([
        'status',
        '--sync-db-users',
        '--dry-run',
        '',
      ]);
      for (const { words } of shown) expectCode(await run(site, words.slice(1)), 0);
      const after = await expectHealthy(site, 'B');
      expect(after.A.password, 'every password that was seen is renewed').not.to.equal(before.A.password);
      expect(after.admin.password).not.to.equal(before.admin.password);
    }

    it('the database and the slot secret lost the password, the file has it: steps 1 to 3, 5, the label, 7', async () => {
      const { A, slots } = before;
      // With one login that works a run would help itself.
      await alterPassword(lab, A.username, 'Lost-in-a-restore-1');
      await alterPassword(lab, before.B.username, 'Lost-in-a-restore-2');
      const lost = { ...slots, A: { ...A, password: 'Lost-by-a-person-1' } };
      const wrong = await putSecret(site, site.slotSecretId, JSON.stringify(lost));
      await cluster.setSecret({ 'mysql-password': 'Lost-by-a-person-1' });
      await expectUp(false);
      expectCode(await run(site), 2);
      await alterPassword(lab, before.B.username, before.B.password);

      await commands(blocks(1, 'sh')[0] ?? '');
      await expectSeen();
      await expectAdmin();
      expectGranted(await statements(blocks(3, 'sql')[0] ?? '', before.file.pass));
      await expectUp(true);

      await patchSecretAndRestart(before.file.pass);
      const [describe_ = '', move = ''] = (blocks(6, 'sh')[0] ?? '').trim().split('\n');
      const [described = ''] = await commands(describe_);
      const { VersionIdsToStages: stages } = JSON.parse(described) as {
        VersionIdsToStages: Record<string, string[]>;
      };
      const labelled = Object.entries(stages);
      const earlier = labelled.find(([, stages]) => stages.includes('AWSPREVIOUS'))?.[0] ?? '';
      expect(labelled.find(([, stages]) => stages.includes('AWSCURRENT'))?.[0]).to.equal(wrong);
      const more: Names = [
        ['NOW', wrong],
        ['EARLIER', earlier],
      ];
      await commands(move, { more });
      await putTheToolInOrder();
    });

    it('user, file, Secret and slot secret are all gone or broken: every step, the secret written anew', async () => {
      const password = 'A-new-one-by-hand-1';
      await lab.database.root("DROP USER ?@'%'", [site.users.A]);
      const file = readFileSync(site.sqlconfFile, 'utf8');
      const mode = statSync(site.sqlconfFile).mode & 0o7777;
      chmodSync(site.sqlconfFile, 0o600);
      writeFileSync(site.sqlconfFile, file.replace(/^\$pass.*$/m, "$pass = 'lost"));
      chmodSync(site.sqlconfFile, mode);
      await putSecret(site, site.slotSecretId, '{"active_slot":"A"');
      await cluster.setSecret({ 'mysql-password': 'Lost-by-a-person-1' });
      await expectUp(false);
      expect((await run(site)).code).to.not.equal(0);

      await commands(blocks(1, 'sh')[0] ?? '');
      await expectSeen();
      await expectAdmin();
      // No such user: the two statements of the sentence below the block.
      const [, create = '', grant = ''] =
        /no such user, `(CREATE USER)` with that password, then `(GRANT [^`]+ TO)` it/.exec(steps[2] ?? '') ??
        [];
      await statements(`${create} 'openemr_a'@'%' IDENTIFIED BY 'the password in sqlconf.php';`, password);
      await statements(`${grant} 'openemr_a'@'%';`, password);
      expectGranted(await statements(blocks(3, 'sql')[0] ?? '', password));

      // Step 4: beside it, checked, with its owner and mode, then over the old one.
      const block = inLab(blocks(4, 'php')[0] ?? '', [
        ["'openemr.cluster-abc123.us-east-1.rds.amazonaws.com'", literal(before.file.host)],
        ["'3306'", literal(before.file.port)],
        ["'openemr_a'", literal(site.users.A)],
        ["'the password of step 3'", literal(password)],
        ["'openemr'", literal(site.schema)],
      ]);
      const broken = readFileSync(site.sqlconfFile, 'utf8').split('\n');
      const own = /^\$(host|port|login|pass|dbase)\b/;
      const at = broken.findIndex((line) => own.test(line));
      const rest = broken.filter((line) => !own.test(line));
      const beside = `${site.sqlconfFile}.new`;
      writeFileSync(beside, [...rest.slice(0, at), block, ...rest.slice(at)].join('\n'));
      const checked = spawnSync('php', ['-l', beside], { encoding: 'utf8' });
      expect(checked.status, checked.stdout).to.equal(0);
      chmodSync(beside, mode);
      renameSync(beside, site.sqlconfFile);
      expect(await site.sqlconf()).to.include({ login: site.users.A, pass: password });
      await expectUp(true);

      await patchSecretAndRestart(password);
      const document = inLab(blocks(6, 'json')[0] ?? '', [
        ['openemr.cluster-abc123.us-east-1.rds.amazonaws.com', before.file.host],
        ['"3306"', `"${before.file.port}"`],
        ['"openemr_a"', `"${site.users.A}"`],
        ['"openemr"', `"${site.schema}"`],
        ['the password of step 3', password],
      ]);
      writeFileSync(path.join(site.folder, 'slots.json'), document, { mode: 0o600 });
      await commands(blocks(6, 'sh')[1] ?? '');
      // The slot that the document leaves empty has its default name; the site's own second user is not meant.
      await putTheToolInOrder();
    });
  });
}
