import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { Failure } from '../base/failure';
import { unreadable } from '../base/unreadable';
import { sha256 } from './canonical';

/** Who signs evidence. */
export interface Signer {
  publicKey: KeyObject;
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** The hash of each curve; Ed25519 has its own inside. */
const hashes: Readonly<Record<string, string | null>> = {
  ed25519: null,
  prime256v1: 'sha256',
  secp384r1: 'sha384',
};

/** What a key can be, for messages. */
const kinds = 'Ed25519, or ECDSA on P-256 or P-384';

/** How a key signs; undefined for one that evidence is not signed with. */
export function hashOf(key: KeyObject): string | null | undefined {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = key;
  return hashes[type === 'ec' ? (details?.namedCurve ?? '') : type];
}

/** Names a key: SHA-256 of its SubjectPublicKeyInfo, in hex. */
export function keyIdOf(publicKey: KeyObject): string {
  return sha256(publicKey.export({ type: 'spki', format: 'der' }));
}

/** Whether a signature is that of this key. ECDSA's is in DER, as AWS KMS and OpenSSL give it. */
export function isSignedBy(publicKey: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  const hash = hashOf(publicKey);
  return hash !== undefined && verify(hash, data, publicKey, signature);
}

/**
 * The public key in a PEM file.
 * @throws Failure `evidence-key-invalid`, `file-unreadable`
 */
export function publicKeyIn(file: string): KeyObject {
  const pem = textOf(file);
  if (/PRIVATE KEY-----/.test(pem))
    throw new Failure(
      'evidence-key-invalid',
      `--key: ${file} is a private key, which nobody needs to verify; give its public half (openssl pkey -in FILE -pubout).`,
    );
  return usable(file, () => createPublicKey(pem));
}

/**
 * The signer whose Ed25519 key is in a PEM file that only its owner may read.
 * @throws Failure `evidence-key-invalid`, `file-unreadable`
 */
export function localSigner(file: string): Signer {
  const pem = textOf(file);
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new Failure(
      'evidence-key-invalid',
      `--key: others may read ${file} (mode ${mode.toString(8).padStart(4, '0')}); chmod 600 it, and make a new key if somebody could have read this one.`,
    );
  if (pem.includes('ENCRYPTED'))
    throw new Failure(
      'evidence-key-invalid',
      `--key: ${file} is encrypted with a passphrase, which this command does not ask for; keep the key where only this job can read it, or sign with --kms-key.`,
    );
  const key = usable(file, () => createPrivateKey(pem));
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Failure(
      'evidence-key-invalid',
      `--key: ${file} is not an Ed25519 key; make one with openssl genpkey -algorithm ed25519.`,
    );
  return { publicKey: createPublicKey(key), sign: async (data) => sign(null, data, key) };
}

function usable(file: string, read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    // What the library says may quote the key.
  }
  if (key !== undefined && hashOf(key) !== undefined) return key;
  throw new Failure(
    'evidence-key-invalid',
    `--key: ${file} holds no key of a kind that is used here (${kinds}) in PEM form.`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(`--key: ${file}`, error, 'name the PEM file of the key');
  }
}
