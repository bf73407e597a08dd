import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { s3Backend } from './support/backends';
import { run, runWith } from './support/command';
import { databases, labWith } from './support/labs';
import { putSecret } from './support/secrets';
import { expectCode, expectHealthy, expectNoSecret, snapshot } from './support/world';

const required = [
  'AWS_REGION',
  'RDS_SLOT_SECRET_ID',
  'RDS_ADMIN_SECRET_ID',
  'OPENEMR_SITES_MOUNT_ROOT',
  'K8S_NAMESPACE',
  'K8S_DEPLOYMENT_NAME',
  'K8S_SECRET_NAME',
];

// What is wrong here is found before the kind of database matters.
for (const database of databases.slice(0, 1)) {
  describe(`bad input ends with one sentence, its exit code, and nothing changed (${database})`, function () {
    this.timeout(120_000);
    let lab: Lab;
    let site: Site;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
    });
    after(() => site.remove());

    const cases: [string, number, RegExp, Record<string, string | undefined>][] = [
      // First, for a state that is there keeps the key that it was made with.
      [
        'a key whose URL the engine cannot read',
        2,
        /is not the URL of a key/,
        { CREDENTIAL_ROTATION_SECRETS_PROVIDER: 'awskms://alias/x?foo=bar' },
      ],
      ['an unknown secret', 2, /does not exist/, { RDS_SLOT_SECRET_ID: 'no-such-secret' }],
      ['a wrong folder', 2, /no-such-folder/, { OPENEMR_SITES_MOUNT_ROOT: '/no-such-folder' }],
      ['a namespace without rights', 3, /refuses "get"/, { K8S_NAMESPACE: 'default' }],
      ['an unreachable API server', 4, /does not answer/, { KUBECONFIG: 'UNREACHABLE' }],
      ['an unreachable Secrets Manager', 4, /Secrets Manager/, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }],
      [
        'a CA that did not sign the database certificate',
        3,
        /no trusted TLS certificate/,
        { DATABASE_CA_FILE: undefined },
      ],
      ['a CA file that is not there', 2, /DATABASE_CA_FILE/, { DATABASE_CA_FILE: '/no-such-ca.pem' }],
      [
        'a secrets provider that is none',
        2,
        /must be passphrase/,
        { CREDENTIAL_ROTATION_SECRETS_PROVIDER: 'garbage' },
      ],
      ['a bucket that is not there', 2, /no such bucket/, { PULUMI_BACKEND_URL: 'NO BUCKET' }],
      [
        'a passphrase file that is not there',
        2,
        /PASSPHRASE_FILE must name/,
        { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: '/no-such-file' },
      ],
      ['no engine', 2, /pulumi CLI/, { CREDENTIAL_ROTATION_ENGINE_ROOT: '/no-such-engine' }],
    ];
    for (const [name, code, message, changes] of cases) {
      it(`${name}: exit ${code}`, async () => {
        const before = await snapshot(site);
        if (changes['KUBECONFIG'] === 'UNREACHABLE') changes['KUBECONFIG'] = unreachableKubeconfig(site);
        if (changes['PULUMI_BACKEND_URL'] === 'NO BUCKET')
          changes['PULUMI_BACKEND_URL'] = `s3://no-such-bucket?${s3Backend(lab)}`;
        for (const args of [['--dry-run'], []]) {
          const result = await run(site, args, changes);
          expectCode(result, code);
          expect(result.stderr).to.match(message);
          expect(result.stderr).not.to.match(/^\s+at |urn:|stderr:/m);
          expect(await snapshot(site)).to.deep.equal(before);
          expectNoSecret(site.canaries(), { stdout: result.stdout, stderr: result.stderr });
        }
      });
    }

    it('missing settings are all named at once: exit 2', async () => {
      const result = await runWith({ PATH: process.env['PATH'], HOME: site.folder }, []);
      expectCode(result, 2);
      for (const name of required) expect(result.stderr).to.include(name);
    });

    it('an unknown flag: exit 2', async () => {
      const result = await run(site, ['--dry-rum']);
      expectCode(result, 2);
      expect(result.stderr).to.match(/dry-rum/);
    });

    it('a wrong passphrase is refused before any write: exit 2', async () => {
      expectCode(await run(site), 0);
      const before = await snapshot(site);
      const result = await run(site, [], { PULUMI_CONFIG_PASSPHRASE: 'not-the-passphrase' });
      expectCode(result, 2);
      expect(result.stderr).to.match(/passphrase/);
      expect(await snapshot(site)).to.deep.equal(before);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'A');
    });

    const documents: [string, string, RegExp][] = [
      ['not JSON', 'canary-password-in-text', /not JSON/],
      ['an array', '[]', /not a JSON object/],
      ['a wrong active_slot', '{"active_slot":"C","A":{},"B":{}}', /active_slot/],
      ['a slot that is text', '{"active_slot":"A","A":"canary-password","B":{}}', /A is not an object/],
    ];
    for (const [name, text, message] of documents) {
      it(`a slot secret that is ${name}: exit 2, and its text is not shown`, async () => {
        const good = JSON.stringify(await site.slotDocument());
        await putSecret(site, site.slotSecretId, text);
        try {
          const result = await run(site);
          expectCode(result, 2);
          expect(result.stderr).to.match(message).and.not.to.include('canary-password');
        } finally {
          await putSecret(site, site.slotSecretId, good);
        }
      });
    }

    it('a sqlconf.php that computes its values is refused before any change: exit 2', async () => {
      const bytes = readFileSync(site.sqlconfFile);
      chmodSync(site.sqlconfFile, 0o600);
      try {
        writeFileSync(
          site.sqlconfFile,
          bytes.toString('latin1').replace(/\$pass\s*=\s*'[^']*'/, "$$pass = getenv('MYSQL_PASS')"),
          'latin1',
        );
        const before = await site.slotDocument();
        const result = await run(site);
        expectCode(result, 2);
        expect(result.stderr).to.match(/sqlconf\.php cannot be changed safely/);
        expect(await site.slotDocument()).to.deep.equal(before);
      } finally {
        writeFileSync(site.sqlconfFile, bytes);
      }
    });
  });
}

function unreachableKubeconfig(site: Site): string {
  const file = `${site.folder}/unreachable-kubeconfig`;
  const config = readFileSync(site.environment['KUBECONFIG'] ?? '', 'utf8').replace(
    /https:\/\/[^"\s]+/,
    'https://127.0.0.1:9',
  );
  writeFileSync(file, config);
  return file;
}
