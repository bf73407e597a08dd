import { expect } from 'chai';
import type { SecureContextOptions } from 'node:tls';
import type { Lab } from '../../lab';
import { Failure } from '../../src/base/failure';
import { tryLogin } from '../../src/mysql/database';
import type { BadCertificate, Identity } from './support/badCertificates';
import { badCertificates } from './support/badCertificates';
import { databases, labWith } from './support/labs';
import type { TlsFront } from './support/tlsFront';
import { startTlsFront } from './support/tlsFront';
import { until } from './support/until';

// TLS 1.0 and 1.1 need the lowest security level of OpenSSL 3.
const oldTls: SecureContextOptions = {
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
};

// What a client does with a certificate does not depend on the database: one is enough.
for (const database of databases.slice(0, 1)) {
  describe(`a database that cannot be trusted (${database})`, function () {
    this.timeout(60_000);
    let lab: Lab;
    let front: TlsFront | undefined;
    let certificates: Record<BadCertificate | 'good', Identity>;

    before(async () => {
      lab = await labWith(database);
      certificates = await badCertificates(lab);
      // A server without any account for this host does not even greet it.
      await lab.database.root("CREATE USER tls_reader@'%'");
    });
    after(() => lab.database.root("DROP USER tls_reader@'%'"));
    afterEach(async () => {
      await front?.close();
      front = undefined;
    });

    /** The failure of a login there; a front that never answers it makes a trusted login fail, too, but later. */
    async function login(
      tls: SecureContextOptions | 'stripped',
      caFile = lab.database.caFile,
    ): Promise<Failure> {
      front = await startTlsFront(lab, tls);
      const where = { host: '127.0.0.1', port: String(front.port), dbname: '' };
      const ended = await tryLogin({ ...where, username: 'u', password: 'never-sent' }, { caFile }).catch(
        (error: unknown) => error,
      );
      expect(ended).to.be.instanceOf(Failure);
      return ended as Failure;
    }

    const cases: [title: string, tls: () => SecureContextOptions | 'stripped', said: RegExp][] = [
      ['an expired certificate', () => certificates.expired, /expired/],
      ['a certificate of another host', () => certificates.otherHost, /not match/],
      [
        'a certificate of localhost, where an address is configured',
        () => certificates.localhost,
        /not match/,
      ],
      ['a self-signed certificate', () => certificates.selfSigned, /self-signed/],
      ['no offer of TLS, as a man in the middle makes it', () => 'stripped', /does not support secure/],
      ['only TLS 1.0 and 1.1', () => ({ ...certificates.good, ...oldTls }), /protocol|version|TLS/],
    ];
    for (const [title, tls, said] of cases) {
      it(`${title}: refused, and no login is sent`, async () => {
        const { outcome, message } = await login(tls());
        expect({ outcome, message }).to.deep.include({ outcome: 'permission' });
        expect(message).to.match(said).and.to.include('DATABASE_CA_FILE');
        expect(front?.logins).to.deep.equal([]);
      });
    }

    it('an authority that is not ours (the RDS bundle by default): refused, and no login is sent', async () => {
      front = await startTlsFront(lab, certificates.good);
      const where = { host: '127.0.0.1', port: String(front.port), dbname: '' };
      const ended = await tryLogin({ ...where, username: 'u', password: 'never-sent' }, {}).catch(
        (error: unknown) => error,
      );
      expect(ended).to.be.instanceOf(Failure).and.to.have.property('outcome', 'permission');
      expect(front.logins).to.deep.equal([]);
    });

    it('the front itself is sound: with the right certificate the login is sent', async () => {
      void login(certificates.good).catch(() => undefined);
      await until('the front gets a login', () => (front?.logins.length ?? 0) > 0);
      expect(Buffer.concat(front?.logins ?? []).toString('latin1')).to.include('credential-rotation');
    });
  });
}
