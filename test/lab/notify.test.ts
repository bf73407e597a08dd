import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { CoreV1Event } from '@kubernetes/client-node';
import { AppsV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Connection } from 'mysql2/promise';
import type { Lab, Site } from '../../lab';
import type { PastRotation } from '../../src/history/pastRotation';
import type { CloudEvent } from '../../src/notify/cloudEvent';
import { lockName } from '../../src/mysql/lock';
import type { TestServer } from '../unit/notify/servers';
import { startServer } from '../unit/notify/servers';
import { codeLines, repositoryText } from '../unit/docs/readme';
import { run } from './support/command';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';
import { exampleNames, Operator } from './support/operator';
import { grantOptionalRights } from './support/optionalRights';
import { arnOf } from './support/secrets';
import { expectCode, expectNoSecret, snapshot } from './support/world';

/** The Events on the site's Deployment that this tool made, oldest first. */
async function eventsOf(lab: Lab, { namespace, deployment }: Site): Promise<CoreV1Event[]> {
  const config = new KubeConfig();
  config.loadFromFile(lab.kubernetes.adminKubeconfig);
  const apps = config.makeApiClient(AppsV1Api);
  const { metadata } = await apps.readNamespacedDeployment({ namespace, name: deployment });
  const { items } = await config.makeApiClient(CoreV1Api).listNamespacedEvent({
    namespace,
    fieldSelector: `involvedObject.uid=${metadata?.uid ?? ''},reportingComponent=credential-rotation`,
  });
  const time = ({ lastTimestamp }: CoreV1Event): number => new Date(lastTimestamp ?? 0).getTime();
  return items.sort((one, two) => time(one) - time(two));
}

/** Takes the lock of a site's rotations; ending the connection gives it back. */
async function holdLock(lab: Lab, site: Site): Promise<Connection> {
  const { admin } = await snapshot(site);
  const thief = await connectAs(lab, admin);
  await thief.query('SELECT GET_LOCK(?, 5)', [lockName(await arnOf(site, site.slotSecretId))]);
  return thief;
}

for (const database of databases.slice(0, 1)) {
  describe(`telling others (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let gateway: TestServer;
    let webhook: TestServer;
    let webhookStatus = 200;
    let pushed = '';

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
      await grantOptionalRights(lab, site);
      gateway = await startServer((response, { method, body }) => {
        if (method === 'POST') pushed = body;
        response.end(method === 'POST' ? '' : pushed);
      });
      webhook = await startServer((response) => {
        response.statusCode = webhookStatus;
        response.end();
      });
    });
    after(async () => {
      await Promise.all([gateway.close(), webhook.close()]);
      await site.remove();
    });

    it('a dry run tells nobody; a rotation tells all; a held one ends with 12 although the webhook fails, and the history keeps why', async () => {
      const file = path.join(site.folder, 'rotation.prom');
      const token = 'webhook-token-of-the-test';
      const environment = {
        CREDENTIAL_ROTATION_METRICS_FILE: file,
        CREDENTIAL_ROTATION_PUSHGATEWAY_URL: gateway.url,
        CREDENTIAL_ROTATION_WEBHOOK_URL: `${webhook.url}/${token}`,
      };
      const before = await snapshot(site);

      expectCode(await run(site, ['--dry-run'], environment), 0);
      expect([...gateway.received, ...webhook.received, ...(await eventsOf(lab, site))]).to.deep.equal([]);
      expect(statSync(file, { throwIfNoEntry: false })).to.equal(undefined);

      const started = Date.now() / 1000;
      const rotated = await run(site, ['--log-json'], environment);
      expectCode(rotated, 0);
      expect(rotated.stderr).not.to.include('could not be notified');
      const [event] = await eventsOf(lab, site);
      expect(event).to.include({ type: 'Normal', reason: 'CredentialsRotated' });
      expect(event?.message).to.match(/^OpenEMR runs on slot B\. .*exit code 0\.$/);
      const text = readFileSync(file, 'utf8');
      expect(statSync(file).mode & 0o777).to.equal(0o644);
      expect(text)
        .to.match(/^credential_rotation_active_slot\{.*slot="B"\} 1$/m)
        .and.to.equal(pushed);
      // Slot B has the password that it had: its age is that of the secret's first version.
      const [, since] =
        /^credential_rotation_password_timestamp_seconds\{.*account="B"\} (\S+)$/m.exec(text) ?? [];
      expect(Number(since)).to.be.within(started - 600, started);
      const [, set] =
        /^credential_rotation_password_timestamp_seconds\{.*account="admin"\} (\S+)$/m.exec(text) ?? [];
      expect(Number(set)).to.be.within(started, Date.now() / 1000);
      const [told] = webhook.received;
      expect(told?.url).to.equal(`/${token}`);
      const cloudEvent = JSON.parse(told?.body ?? '') as CloudEvent;
      expect(cloudEvent.type).to.equal('org.open-emr.credential-rotation.rotated');
      expect(cloudEvent.data.steps.map(({ status }) => status)).to.deep.equal(Array(11).fill('done'));
      expect(cloudEvent.data.rotation).to.equal(
        (JSON.parse(rotated.stdout.trim().split('\n').at(-1) ?? '') as { rotation: string }).rotation,
      );

      webhookStatus = 500;
      const release = lab.aws.fault({
        action: 'UpdateSecretVersionStage',
        secretId: site.slotSecretId,
        stage: 'AWSCURRENT',
        when: 'before',
        respond: { status: 400, type: 'AccessDeniedException', message: 'not authorized (lab)' },
      });
      const failed = await run(site, [], environment);
      release();
      expectCode(failed, 12);
      expect(failed.stderr.trim().split('\n').at(-1)).to.equal(
        'Note: the webhook could not be notified: HTTP 500.',
      );
      expect(webhook.received).to.have.lengthOf(3);
      const events = await eventsOf(lab, site);
      expect(events.map(({ type, reason }) => `${type} ${reason}`)).to.deep.equal([
        'Normal CredentialsRotated',
        'Warning CredentialRotationHeld',
      ]);
      const line = 'kubectl -n openemr get events --field-selector reportingComponent=credential-rotation';
      expect(codeLines('sh', repositoryText('docs', 'reports.md'))).to.include(line);
      const shown = await new Operator(lab, site, site.folder).runLine(line, exampleNames(site));
      expect(shown).to.include(' CredentialsRotated ').and.include(' CredentialRotationHeld ');
      const listed = await run(site, ['history', '--json']);
      const [kept] = (JSON.parse(listed.stdout) as { rotations: PastRotation[] }).rotations;
      expect(kept).to.include({ result: 'held' });
      expect(kept?.failure?.step).to.equal(9);
      expect(kept?.failure?.message).to.include('UpdateSecretVersionStage');
      const after = readFileSync(file, 'utf8');
      expect(after)
        .to.match(/^credential_rotation_failures_total\{.*code="12"\} 1$/m)
        .and.to.equal(pushed);
      expect(after).to.match(/^credential_rotation_active_slot\{.*slot="A"\} 1$/m);

      const passwords = [before.A, before.B, before.admin].map(({ password }) => password);
      expectNoSecret([...site.canaries(), ...passwords], {
        event: JSON.stringify(events),
        file: text + after,
        gateway: JSON.stringify(gateway.received),
        webhook: JSON.stringify(webhook.received.map(({ body, headers }) => [body, headers])),
      });
      expectNoSecret([token], {
        stdout: rotated.stdout + failed.stdout,
        stderr: rotated.stderr + failed.stderr,
        file: text + after,
        event: JSON.stringify(events),
      });
    });

    it('a run that is refused tells, too: a right that is missing, and a lock that somebody holds', async () => {
      const refused = await lab.createSite();
      await grantOptionalRights(lab, refused);
      const file = path.join(refused.folder, 'refused.prom');
      const environment = {
        CREDENTIAL_ROTATION_METRICS_FILE: file,
        CREDENTIAL_ROTATION_WEBHOOK_URL: `${webhook.url}/refused`,
      };
      const told = (): number => webhook.received.filter(({ url }) => url === '/refused').length;
      const events = async (): Promise<string[]> =>
        (await eventsOf(lab, refused)).map(({ reason, message }) => `${reason}: ${message}`);

      const release = lab.aws.fault({
        action: 'UpdateSecretVersionStage',
        secretId: refused.slotSecretId,
        when: 'before',
        respond: { status: 400, type: 'AccessDeniedException', message: 'not authorized (lab)' },
      });
      const before = await snapshot(refused);
      const denied = await run(refused, ['--log-json'], environment);
      release();
      expectCode(denied, 3);
      const last = JSON.parse(denied.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
      expect(last).to.include({ type: 'result', outcome: 'permission', exitCode: 3 });
      const [event] = await events();
      expect(event).to.match(/^CredentialRotationFailed: .*UpdateSecretVersionStage.*exit code 3\.$/);
      expect(readFileSync(file, 'utf8')).to.match(/^credential_rotation_failures_total\{.*code="3"\} 1$/m);

      const thief = await holdLock(lab, refused);
      const locked = await run(refused, [], environment);
      await thief.end();
      expectCode(locked, 11);
      expect(locked.stderr.trim().split('\n').at(-1)).to.match(/\[exit 11\]$/);
      // The times of events are whole seconds, so that the order of two runs need not show.
      const both = await events();
      expect(both).to.have.lengthOf(2);
      expect(both.join('\n')).to.match(/^CredentialRotationFailed: Another rotation .*Exit code 11\.$/m);
      const text = readFileSync(file, 'utf8');
      expect(text)
        .to.match(/^credential_rotation_failures_total\{.*code="11"\} 1$/m)
        .and.match(/^credential_rotation_failures_total\{.*code="3"\} 1$/m)
        .and.match(/^credential_rotation_last_exit_code\{.*\} 11$/m)
        .and.match(new RegExp(`^credential_rotation_active_slot\\{.*slot="${before.active}"\\} 1$`, 'm'));
      expect(told(), 'the webhook is for what was done').to.equal(0);
      expect(await snapshot(refused)).to.deep.equal(before);
      await refused.remove();
    });
  });
}
