import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { makeCertificates } from '../../../../lab/servers/certificates';
import type { Asked } from '../../../../src/openemr/health/ask';
import { askOnce } from '../../../../src/openemr/health/ask';
import { lookAtHealth } from '../../../../src/openemr/health/look';
import { needs } from '../../needs';

const healthy = JSON.stringify({ status: 'ready', checks: { installed: true, database: true } });

describe('TLS of the health page', () => {
  needs('openssl');
  let folder = '';
  const servers: Server[] = [];
  let authority: string;
  let ownServer: Server;
  let imageServer: Server;
  let imageCertificate: string;

  const file = (name: string): string => path.join(folder, name);
  const serve = async (cert: string, key: string): Promise<Server> => {
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_request, response) =>
      response.end(healthy),
    );
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  };
  const page = (server: Server): string =>
    `https://127.0.0.1:${(server.address() as AddressInfo).port}/meta/health/readyz`;
  const ask = (server: Server, caFile?: string, before?: string | null): Promise<Asked> =>
    askOnce({ url: page(server), ...(caFile === undefined ? {} : { caFile }) }, 5000, before);

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'health-tls-'));
    const made = await makeCertificates('openssl', file('own'));
    authority = made.caFile;
    ownServer = await serve(made.serverCertificate, made.serverKey);
    // As OpenEMR's image makes it at each start of a container.
    imageCertificate = file('image.pem');
    const words = `req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost -keyout ${file('image.key')} -out ${imageCertificate}`;
    execFileSync('openssl', words.split(' '), { stdio: 'ignore' });
    imageServer = await serve(imageCertificate, file('image.key'));
  });
  after(() => {
    for (const server of servers) server.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('a CA file of its own verifies the page, and nothing was let pass', async () => {
    const asked = await ask(ownServer, authority);
    expect(asked.kind).to.equal('good');
    expect(asked.selfSigned).to.equal(undefined);
    const look = await lookAtHealth({ url: page(ownServer), caFile: authority }, 1);
    expect(look.problem).to.equal(undefined);
    expect(look.notices.join()).not.to.include('self-signed');
  });

  it('a CA file that did not sign it refuses it, though the name is the cluster’s own', async () => {
    const asked = await ask(ownServer, imageCertificate);
    expect(asked).to.include({ kind: 'bad' });
    const look = await lookAtHealth({ url: page(imageServer), caFile: authority }, 1);
    expect(look.problem?.outcome).to.equal('configuration');
    expect(look.problem?.message).to.include('unset OPENEMR_HEALTHCHECK_CA_FILE');
  });

  it('the image’s own certificate as its CA: refused, and the advice is to leave the CA out', async () => {
    const look = await lookAtHealth({ url: page(imageServer), caFile: imageCertificate }, 1);
    expect(look.problem?.message).to.include('unset OPENEMR_HEALTHCHECK_CA_FILE');
    const without = await lookAtHealth({ url: page(imageServer) }, 1);
    expect(without.problem).to.equal(undefined);
  });

  it('without a CA file: one of an unknown authority is refused, a self-signed one passes inside the cluster and is told', async () => {
    expect((await ask(ownServer)).kind).to.equal('bad');
    const asked = await ask(imageServer);
    expect(asked).to.include({ kind: 'good', selfSigned: 'CN=localhost' });
    const look = await lookAtHealth({ url: page(imageServer) }, 1);
    expect(look.problem).to.equal(undefined);
    expect(look.notices.join()).to.match(/self-signed \(CN=localhost\) and cannot be verified/);
    // A pod has another one after each start: who took it as the CA would be refused from then on.
    expect(look.notices.join())
      .to.include('only one that an authority of yours issues')
      .and.not.include('to its CA');
  });

  it('after the switch it must be of the same kind as before: verified again, or self-signed, whatever its subject', async () => {
    expect((await ask(imageServer, undefined, 'CN=localhost')).kind).to.equal('good');
    expect((await ask(imageServer, undefined, 'CN=openemr-5d9f7c-x2x4z')).kind).to.equal('good');
    expect((await ask(imageServer, undefined, null)).kind).to.equal('bad');
  });
});
