import { spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { momentOf } from '../../../src/cli/commands/evidence';
import { runCommandLine } from '../../../src/cli/commandLine';
import { Failure } from '../../../src/base/failure';
import { isSignedBy, localSigner, publicKeyIn } from '../../../src/evidence/keys';
import { seal } from '../../../src/evidence/seal';
import { repositoryFile } from '../docs/readme';
import { captured } from '../report/captured';
import { beside, madeRecords, madeStatement, pairOf, sealed } from './made';

describe('the command evidence', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'evidence-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const at = (name: string): string => path.join(folder, name);
  const write = (name: string, text: string, mode = 0o600): string => {
    writeFileSync(at(name), text);
    chmodSync(at(name), mode);
    return at(name);
  };
  const publicPem = (pair = pairOf()): string =>
    pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const secretPem = (pair = pairOf()): string =>
    pair.secret.export({ type: 'pkcs8', format: 'pem' }).toString();
  const run = async (...argv: string[]): Promise<{ code: number; text: string }> => {
    let code = -1;
    const { stdout, stderr } = await captured(async () => {
      code = await runCommandLine(['evidence', ...argv]);
    });
    return { code, text: `${stdout}${stderr}` };
  };
  const refusalOf = (action: () => unknown): string => {
    try {
      action();
    } catch (error) {
      if (error instanceof Failure) return `${error.code}: ${error.message}`;
      throw error;
    }
    return 'taken';
  };

  describe('verify', () => {
    const pair = pairOf();
    const make = async (count = 3, name = 'evidence.json'): Promise<string> =>
      write(name, await sealed(madeStatement(madeRecords(count), { maxAgeMs: 86_400_000 }), pair));
    let key: string;
    beforeEach(() => (key = write('public.pem', publicPem(pair))));

    it('says what the file proves, and what lies beside it: exit 0', async () => {
      const file = await make();
      for (const { name, text } of beside.slice(0, 1)) write(name, text);
      const { code, text } = await run('verify', file, '--key', key);
      expect(code, text).to.equal(0);
      expect(text).to.match(
        /✓ .*evidence\.json is as it was signed with the key [0-9a-f]{64}: rotations 1 to 3 of 3 of stack prod\./,
      );
      expect(text)
        .to.match(/✓ .*evidence\.html is as it was written/)
        .and.match(/– .*evidence\.csv is not beside it/);
      expect(text)
        .to.match(/✗ A: renewed at .* TOO OLD/)
        .and.match(/B: no renewal in the history – TOO OLD/);
    });

    it('one that was changed, another key, and a page that was changed: exit 10, and what is wrong', async () => {
      const file = await make();
      const cases: [() => void, RegExp][] = [
        [() => write('evidence.html', '<p>forged'), /evidence\.html beside it is not the file/],
        [() => rmSync(at('evidence.html')), /✓/],
        [() => write('public.pem', publicPem()), /names another key/],
        [() => write('public.pem', publicPem(pair)), /✓/],
        [() => write('evidence.json', readFileSync(file, 'utf8').slice(0, -30)), /is no envelope/],
      ];
      for (const [change, expected] of cases) {
        change();
        const { code, text } = await run('verify', file, '--key', key);
        expect(text).to.match(expected);
        expect(code).to.equal(expected.source === '✓' ? 0 : 10);
        if (code === 10) expect(text).to.include('proves nothing').and.include('Ask for the original');
      }
    });

    it('--after: it goes on where earlier evidence ended, or not', async () => {
      const [earlier, later] = [await make(2, 'earlier.json'), await make(3, 'later.json')];
      const good = await run('verify', later, '--key', key, '--after', earlier);
      expect(good.text).to.match(/✓ It goes on where .*earlier\.json ended/);
      expect(good.code).to.equal(0);
      const bad = await run('verify', earlier, '--key', key, '--after', later);
      expect(bad.text).to.match(/2 rotations, and the earlier file has 3 that are final: some were removed/);
      expect(bad.code).to.equal(10);
    });

    it('needs a file that is there, and a public key: exit 2', async () => {
      const file = await make();
      for (const [argv, expected] of [
        [['verify', '--key', key], /evidence verify needs FILE: the signed file/],
        [['verify', file], /--key FILE is missing/],
        [['verify', at('none.json'), '--key', key], /none\.json cannot be read \(ENOENT\)/],
        [['verify', file, '--key', at('none.pem')], /none\.pem cannot be read/],
        [['verify', file, '--key', write('secret.pem', secretPem())], /is a private key, which nobody needs/],
        [['verify', file, '--key', write('odd.pem', 'canary')], /holds no key of a kind that is used here/],
        [['verify', file, file, '--key', key], /takes no argument/],
        [
          ['verify', file, '--key', key, '--out', 'x'],
          /--out is no flag of evidence verify, but of evidence/,
        ],
      ] as const) {
        const { code, text } = await run(...argv);
        expect(text).to.match(expected).and.not.include('canary');
        expect(code).to.equal(2);
      }
    });

    it('runs offline, and loads neither Pulumi nor AWS', function () {
      this.timeout(60_000);
      const script = `require(${JSON.stringify(repositoryFile('dist', 'src', 'cli', 'commands', 'evidence.js'))});
        console.log(Object.keys(require.cache).filter((file) => /@pulumi|@aws-sdk|mysql2|@kubernetes/.test(file)).length);`;
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
      expect(stdout.trim(), stderr).to.equal('0');
    });
  });

  it('the help of the command and other commands load none of it', function () {
    this.timeout(60_000);
    const file = repositoryFile('dist', 'src', 'cli', 'commandLine.js');
    const script = `require(${JSON.stringify(file)}).runCommandLine(['evidence', '--help']).then(() =>
      console.error(Object.keys(require.cache).filter((file) => /src.evidence|report.evidence|client-kms/.test(file)).length));`;
    const { stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(stderr.trim()).to.equal('0');
  });

  describe('making it is refused before anything is read', () => {
    it('without a key, with two, or with a name that is not of the signed file', async () => {
      const key = write('secret.pem', secretPem());
      const out = ['--out', at('evidence.json')];
      for (const [argv, expected] of [
        [out, /signed with --key FILE \(an Ed25519 key\) or --kms-key KEY/],
        [[...out, '--key', key, '--kms-key', 'alias/x'], /--key and --kms-key exclude each other/],
        [['--key', key], /--out FILE is missing/],
        [['--key', key, '--out', at('evidence.html')], /--out names the signed file/],
        [[...out, '--key', key, '--since', 'yesterday'], /--since takes a day/],
        [[...out, '--key', key, '--max-age', '3 months'], /--max-age takes a number with d, h or m/],
        [[...out, '--key', key, '--since', '2999-01-01'], /in the future/],
        [['rotations', ...out], /Unknown command evidence rotations/],
      ] as const) {
        const { code, text } = await run(...argv);
        expect(text).to.match(expected);
        expect(code, text).to.equal(2);
      }
    });
  });

  it('--since: a day begins at midnight UTC, a time has its zone, and no other day is taken for it', () => {
    const now = new Date('2026-06-01T00:00:00Z');
    expect(momentOf('2026-01-31', now).toISOString()).to.equal('2026-01-31T00:00:00.000Z');
    expect(momentOf('2026-01-31T03:00:00+02:00', now).toISOString()).to.equal('2026-01-31T01:00:00.000Z');
    for (const odd of [
      '2026-02-30',
      '2026-02-30T00:00:00Z',
      '2026-13-01',
      '2026-1-1',
      '31.01.2026',
      '2026-01-31T03:00:00',
      '1770000000',
      '',
    ])
      expect(
        refusalOf(() => momentOf(odd, now)),
        odd,
      ).to.match(/^command-line-invalid: --since takes/);
  });

  describe('a local key', () => {
    it('signs, where only its owner may read it', async () => {
      const signer = localSigner(write('secret.pem', secretPem()));
      const signature = await signer.sign(Buffer.from('x'));
      expect(isSignedBy(signer.publicKey, Buffer.from('x'), signature)).to.equal(true);
    });

    it('that others may read, of another kind, encrypted, or damaged is refused, and nothing of it is shown', () => {
      const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
      const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' } as const;
      const encrypted = createPrivateKey(secretPem()).export(cipher).toString();
      const damaged = secretPem().replace(/\n.{20}/, '\ncanary');
      for (const [file, expected] of [
        [write('a.pem', secretPem(), 0o640), /others may read .*a\.pem \(mode 0640\)/],
        [write('b.pem', secretPem(), 0o604), /others may read/],
        [write('c.pem', secretPem(pairOf('P-256'))), /is not an Ed25519 key/],
        [write('d.pem', rsa.export({ type: 'pkcs8', format: 'pem' }).toString()), /holds no key of a kind/],
        [write('e.pem', encrypted), /encrypted with a passphrase/],
        [write('f.pem', damaged), /holds no key of a kind/],
        [at('none.pem'), /cannot be read/],
      ] as const) {
        const refusal = refusalOf(() => localSigner(file));
        expect(refusal).to.match(expected).and.not.include('canary');
      }
    });

    it('made and halved by openssl, as docs/evidence.md says', () => {
      const [secret, open] = [at('evidence.pem'), at('evidence.pub.pem')];
      // What docs/evidence.md shows, in this folder.
      const shell = (...args: string[]): number | null =>
        spawnSync('openssl', args, { stdio: 'ignore', env: { PATH: process.env['PATH'] } }).status;
      expect(shell('genpkey', '-algorithm', 'ed25519', '-out', secret)).to.equal(0);
      chmodSync(secret, 0o600);
      expect(shell('pkey', '-in', secret, '-pubout', '-out', open)).to.equal(0);
      expect(publicKeyIn(open).equals(localSigner(secret).publicKey)).to.equal(true);
    });
  });

  it('a signature that is not of the public key is never given out', async () => {
    const { publicKey } = pairOf();
    const other = { ...pairOf(), publicKey };
    const refused = await seal(madeStatement(madeRecords(1)), other).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'evidence-key-invalid' });
  });
});
