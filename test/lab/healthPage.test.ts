import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createSecure } from 'node:https';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { tools } from '../../lab/package';
import { Cluster } from './support/cluster';
import type { Run } from './support/command';
import { run } from './support/command';
import { labWith } from './support/labs';
import { expectCode, expectHealthy, snapshot } from './support/world';

// What a health page says has nothing to do with the kind of database.
describe("OpenEMR's health page, as it is in the field", function () {
  this.timeout(300_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith('mysql');
  });
  beforeEach(async () => {
    site = await lab.createSite();
  });
  afterEach(() => site.remove());

  const page = (url: string): string[] => ['--health-url', url];

  it('what is no health page, or says "broken", refuses a rotation before anything is changed, the dry run too', async () => {
    const before = await snapshot(site);
    const wrong = page(site.healthUrl.replace('readyz', 'nothing'));
    for (const args of [['--dry-run'], [], ['verify']]) {
      const refused = await run(site, [...args, ...wrong]);
      expect(refused.code, refused.stderr).to.equal(2);
      expect(refused.stdout + refused.stderr).to.match(
        /answers with HTTP 404 already, before anything is changed/,
      );
    }
    const gone = await run(site, page('http://127.0.0.1:9/readyz'));
    expectCode(gone, 4);
    expect(gone.stderr).to.match(/cannot be reached \(ECONNREFUSED\) already/);
    await site.podFault('health-database');
    await site.restart();
    const ill = await run(site);
    expectCode(ill, 4);
    expect(ill.stderr).to.match(/says that its database check fails already/);
    expect(await snapshot(site)).to.deep.equal(before);
  });

  it('a check that failed before does not fail a rotation; a login page is one, with a note @long', async () => {
    await site.podFault('health-filesystem');
    await site.restart();
    const odd = await run(site);
    expectCode(odd, 0);
    expect(odd.stdout + odd.stderr).to.match(/these checks fail: filesystem; that was so before/);
    await expectHealthy(site, 'B');
    const login = site.healthUrl.replace('meta/health/readyz', 'interface/login/login.php');
    const moved = await run(site, page(login));
    expectCode(moved, 0);
    expect(moved.stdout + moved.stderr).to.match(/OpenEMR's login page and is judged as such/);
    await expectHealthy(site, 'A');
  });

  it('pods that are broken after the switch: judged by a few answers, rolled back', async () => {
    const load = site.load({ ratePerSecond: 15 });
    await site.podFault('broken', { rollouts: 1 });
    const failed = await run(site);
    expectCode(failed, 13);
    expect(failed.stderr).to.match(/says status "error" in \d+ answers in a row/);
    await expectHealthy(site, 'A');
    const { failed: lost, requests } = await load.stop();
    console.log(`        ${lost} of ${requests} requests failed`);
    expectWayBackFirst(failed);
  });

  // How many requests fail until then is a time: the benchmark measures it, on a quiet machine, against its goal of 10 %.
  it('pods that are Ready and answer 500 on the new login: a few answers end the proof, and the login goes back before any wait', async () => {
    const before = await snapshot(site);
    await site.pages({ refuses: [site.users.B] });
    const load = site.load({ ratePerSecond: 10 });
    // The limit is the product's own: it is not waited for.
    const failed = await run(site, ['--health-limit', '60']);
    const { failed: lost, requests } = await load.stop();
    console.log(`        ${lost} of ${requests} requests failed`);
    expectCode(failed, 13);
    expect(failed.stderr).to.match(/answers with HTTP 500 in \d+ answers in a row/);
    expectWayBackFirst(failed);
    const after = await expectHealthy(site, 'A');
    expect(after.fileHash).to.equal(before.fileHash);
    expect(after.slots).to.deep.equal(before.slots);
  });

  it("the image's self-signed certificate, new with each start: passes inside the cluster, with a notice", async () => {
    const folder = site.folder;
    const make = (name: string): { key: string; cert: string } => {
      const [key, cert] = ['key', 'cert'].map((end) => path.join(folder, `${name}.${end}`)) as [
        string,
        string,
      ];
      const subject = ['-subj', '/C=xx/ST=x/L=x/O=x/OU=x/CN=localhost'];
      const request = [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-keyout',
        key,
        '-out',
        cert,
        '-days',
        '365',
        '-nodes',
      ];
      execFileSync(tools().openssl, [...request, ...subject], { stdio: 'ignore' });
      return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    };
    const certificates = [make('one'), make('two')];
    let asked = 0;
    const server = createSecure({ ...certificates[0] }, (_request, response) => {
      asked += 1;
      // Each answer comes from another pod.
      server.setSecureContext({ ...certificates[asked % 2] });
      void fetch(site.healthUrl).then(async (answer) => response.end(await answer.text()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const done = await run(site, page(`https://127.0.0.1:${port}/meta/health/readyz`));
    server.closeAllConnections();
    server.close();
    expectCode(done, 0);
    expect(asked).to.be.greaterThan(5);
    expect(done.stdout + done.stderr).to.match(
      /certificate of \S+ is self-signed .*CN=localhost.* cannot be verified/,
    );
    await expectHealthy(site, 'B');
  });

  it('strategy Recreate: refused before anything is changed, and carried out with --accept-downtime', async () => {
    const before = await snapshot(site);
    const strategy = { type: 'Recreate', rollingUpdate: null };
    await new Cluster(lab, site).patchDeployment({ spec: { strategy } });
    for (const args of [['--dry-run'], []]) {
      const refused = await run(site, args);
      expect(refused.code, refused.stderr).to.equal(2);
      expect(refused.stdout + refused.stderr).to.match(/Requests will fail .*Recreate.*--accept-downtime/);
    }
    expect(await snapshot(site)).to.deep.equal(before);
    const done = await run(site, ['--accept-downtime']);
    expectCode(done, 0);
    expect(done.stdout + done.stderr).to.match(/Requests will fail/);
    await expectHealthy(site, 'B');
  });
});

/** The file and the Secret went back before anything was waited for. */
function expectWayBackFirst({ stdout, stderr }: Run): void {
  const [, back = ''] = stderr.split('8/11 validate database and application health failed');
  expect(back, stdout + stderr).to.match(/^[^]*?5\/11 .* done [^]*?6\/11 .* done [^]*?7\/11 /);
  expect(back.slice(0, back.indexOf(' 6/11 ')), stderr).not.to.include('rollout:');
}
