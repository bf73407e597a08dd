import type * as Library from '@aws-sdk/client-kms';
import type { KeyObject } from 'node:crypto';
import { createHash, createPublicKey } from 'node:crypto';
import { errorCode } from '../base/errors';
import type { FailureCode } from '../base/failure';
import { Failure } from '../base/failure';
import { EnvironmentAgent } from '../base/proxy/agent';
import { proxyFailure } from '../base/proxy/failure';

/** How a key on each curve signs, by OpenSSL's name of it (docs.aws.amazon.com/kms, "Asymmetric key specs"). */
const algorithms = {
  prime256v1: { algorithm: 'ECDSA_SHA_256', hash: 'sha256' },
  secp384r1: { algorithm: 'ECDSA_SHA_384', hash: 'sha384' },
} as const;

const limits = { connectMs: 5000, requestMs: 15_000, callMs: 45_000 };

/** A signer with a key of AWS KMS: the private half never leaves it. */
export interface KmsSigner {
  publicKey: KeyObject;
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/**
 * Asks for the public half of an asymmetric key, and signs with it. The role needs kms:GetPublicKey and kms:Sign on it.
 * @param keyId an ARN, an id, or an alias such as `alias/evidence`; the region is the ARN's, else the environment's
 * @throws Failure
 */
export async function kmsSigner(keyId: string): Promise<KmsSigner> {
  const kms = new Kms(keyId);
  const { PublicKey, KeyUsage } = await kms.call('GetPublicKey', (client, { GetPublicKeyCommand }, options) =>
    client.send(new GetPublicKeyCommand({ KeyId: keyId }), options),
  );
  const publicKey = publicKeyOf(PublicKey);
  const curve = publicKey?.asymmetricKeyDetails?.namedCurve;
  const spec = Object.entries(algorithms).find(([name]) => name === curve)?.[1];
  if (publicKey === undefined || spec === undefined || KeyUsage !== 'SIGN_VERIFY')
    throw new Failure(
      'evidence-key-invalid',
      `--kms-key: ${keyId} is a key of another kind; evidence is signed with one of the kind ECC_NIST_P256 or ECC_NIST_P384 and the usage SIGN_VERIFY.`,
    );
  const { algorithm, hash } = spec;
  return {
    publicKey,
    async sign(data) {
      // A message itself may have 4096 bytes.
      const Message = createHash(hash).update(data).digest();
      const { Signature } = await kms.call('Sign', (client, { SignCommand }, options) =>
        client.send(
          new SignCommand({ KeyId: keyId, Message, MessageType: 'DIGEST', SigningAlgorithm: algorithm }),
          options,
        ),
      );
      return Signature ?? new Uint8Array();
    },
  };
}

function publicKeyOf(der: Uint8Array | undefined): KeyObject | undefined {
  try {
    return der && createPublicKey({ key: Buffer.from(der), type: 'spki', format: 'der' });
  } catch {
    return undefined;
  }
}

type Client = Library.KMSClient;

class Kms {
  private client: Client | undefined;

  constructor(private readonly keyId: string) {}

  /** One call with its deadline; the SDK is loaded when it is first needed. */
  async call<T>(
    action: string,
    send: (client: Client, library: typeof Library, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const library = await import('@aws-sdk/client-kms');
    const region = /^arn:[^:]+:kms:([^:]+):/.exec(this.keyId)?.[1];
    this.client ??= new library.KMSClient({
      ...(region === undefined ? {} : { region }),
      retryMode: 'standard',
      maxAttempts: 4,
      requestHandler: {
        httpsAgent: new EnvironmentAgent({ maxSockets: 50 }),
        connectionTimeout: limits.connectMs,
        requestTimeout: limits.requestMs,
        throwOnRequestTimeout: true,
      },
    });
    try {
      return await send(this.client, library, { abortSignal: AbortSignal.timeout(limits.callMs) });
    } catch (error) {
      throw (
        proxyFailure(`AWS KMS (${action} on ${this.keyId})`, error) ?? kmsFailure(this.keyId, action, error)
      );
    }
  }
}

const meanings: readonly (readonly [RegExp, FailureCode, string])[] = [
  [/^AccessDenied/, 'aws-permission-missing', 'allow kms:GetPublicKey and kms:Sign on it for this role'],
  [
    /^NotFound|^InvalidArn|^InvalidKeyId|^Validation/,
    'evidence-key-invalid',
    'check the key id, and the region of its ARN or AWS_REGION',
  ],
  [
    /^UnsupportedOperation|^InvalidKeyUsage/,
    'evidence-key-invalid',
    'name an asymmetric key for SIGN_VERIFY',
  ],
  [
    /^Disabled|^KMSInvalidState|^KeyUnavailable/,
    'kms-key-unusable',
    'enable the key, or cancel its deletion',
  ],
  [/^(ExpiredToken|TokenRefreshRequired)/, 'aws-credentials-expired', 'renew the credentials and run again'],
  [
    /^(CredentialsProviderError|MissingAuthenticationToken)/,
    'aws-credentials-missing',
    'give this process a role, or set its AWS variables',
  ],
  [
    /^(UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNot|IncompleteSig)/,
    'aws-credentials-invalid',
    'correct the access key, or the role',
  ],
  [/Throttl|LimitExceeded/, 'aws-throttled', 'run again when there are fewer requests'],
];

function kmsFailure(keyId: string, action: string, error: unknown): Failure {
  const name = errorCode(error);
  // What the SDK says where it has no region has no name of its own.
  const noRegion = error instanceof Error && /Region is missing/.test(error.message);
  if (noRegion)
    return new Failure(
      'evidence-key-invalid',
      `--kms-key: the region of ${keyId} is not known; give the ARN of the key, or set AWS_REGION.`,
      { cause: error },
    );
  const [, code, cure] = meanings.find(([names]) => names.test(name)) ?? [
    undefined,
    'aws-unreachable' as const,
    'check the network path to AWS KMS and run again',
  ];
  return new Failure(code, `AWS KMS failed at ${action} on ${keyId} (${name || 'no answer'}): ${cure}.`, {
    cause: error,
  });
}
