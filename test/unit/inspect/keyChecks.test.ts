import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { SealedSecret } from '../../../src/inspect/verify/keyChecks';
import { keyChecks } from '../../../src/inspect/verify/keyChecks';
import { awsFailure, isKeyFailure } from '../../../src/aws/awsFailure';
import { read, unreadable } from './facts';

const key = 'arn:aws:kms:us-east-1:111122223333:key/k1';
const state = read({ backendUrl: 's3://b', journal: undefined, changedAt: undefined });
const failureOf = (code: string, detail = ''): Failure =>
  awsFailure({ action: 'GetSecretValue', secretId: 'slots', region: 'r' }, code, detail, undefined);
const closed = failureOf('AccessDeniedException', 'Access to KMS is not allowed');

function secret(id: string, changes: Partial<SealedSecret> = {}): SealedSecret {
  return { id, key: read(undefined), read: read({}), put: read([]), ...changes };
}

/** Title and state of each line. */
function linesOf(
  secrets: SealedSecret[],
  of = state as Parameters<typeof keyChecks>[1],
  provider = 'passphrase',
): string[] {
  return keyChecks(secrets, of, provider).map(({ title, state: found }) => `${found}: ${title}`);
}

describe('verify: KMS keys', () => {
  it('both secrets under the key that AWS manages: one key, proved by the reading', () => {
    expect(linesOf([secret('slots'), secret('admin')])).to.deep.equal([
      'ok: alias/aws/secretsmanager opens slots and admin',
      'ok: alias/aws/secretsmanager encrypts new versions of slots and admin',
    ]);
  });

  it('keys of their own: each is told by itself, and that sealing is not shown by a probe', () => {
    expect(linesOf([secret('slots', { key: read(key) }), secret('admin')])).to.deep.equal([
      `ok: ${key} opens slots`,
      `not-checked: ${key} encrypts new versions of slots`,
      'ok: alias/aws/secretsmanager opens admin',
      'ok: alias/aws/secretsmanager encrypts new versions of admin',
    ]);
  });

  it('a key that is closed to the reading, or to the probe', () => {
    const shut = { kind: 'unreadable' as const, failure: closed };
    expect(linesOf([secret('slots', { key: read(key), read: shut })])[0]).to.equal(
      `missing: ${key} opens slots`,
    );
    const refused = secret('slots', { key: read(key), put: read([failureOf('EncryptionFailure')]) });
    expect(linesOf([refused])[1]).to.equal(`missing: ${key} encrypts new versions of slots`);
  });

  it('what else is missing tells nothing of the key', () => {
    const denied = unreadable('permission', 'No.');
    const put = read([new Failure('admin-permission-missing', 'No.')]);
    expect(linesOf([secret('slots', { read: denied, put })])).to.deep.equal([
      'not-checked: alias/aws/secretsmanager opens slots',
      'not-checked: alias/aws/secretsmanager encrypts new versions of slots',
    ]);
    expect(linesOf([secret('slots', { key: denied })])).to.deep.equal(['not-checked: the key of slots']);
  });

  it('the key of the state: proved by a state that was read, else not checked; a passphrase is no key', () => {
    const url = 'awskms://k?region=us-east-1';
    const sealed = read({
      ...(state.kind === 'read' ? state.value : {}),
      backendUrl: 'x',
      journal: undefined,
      changedAt: new Date(),
      secretsProvider: url,
    });
    expect(linesOf([], sealed)).to.deep.equal(['ok: awskms://k decrypts the state']);
    expect(linesOf([], state, url)).to.deep.equal(['not-checked: awskms://k decrypts the state']);
    expect(linesOf([], unreadable('permission', 'No.'), url)).to.deep.equal([
      'not-checked: awskms://k decrypts the state',
    ]);
    expect(linesOf([])).to.deep.equal([]);
  });

  it('knows the failures of a key from others', () => {
    expect([closed, failureOf('DecryptionFailure')].map(isKeyFailure)).to.deep.equal([true, true]);
    expect(
      [failureOf('AccessDeniedException'), failureOf('ThrottlingException')].map(isKeyFailure),
    ).to.deep.equal([false, false]);
  });
});
