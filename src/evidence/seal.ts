import { Failure } from '../base/failure';
import { canonical } from './canonical';
import type { Envelope } from './dsse';
import { payloadType, preAuthEncoding } from './dsse';
import type { Statement } from './form';
import type { Signer } from './keys';
import { isSignedBy, keyIdOf } from './keys';

/**
 * The signed envelope of a statement. The signature is verified before anybody gets it.
 * @throws Failure `evidence-key-invalid` when the signer's answer is none of its public key
 */
export async function seal(statement: Statement, signer: Signer): Promise<Envelope> {
  const { publicKey } = signer;
  const payload = Buffer.from(canonical(statement));
  const data = preAuthEncoding(payloadType, payload);
  const signature = await signer.sign(data);
  if (!isSignedBy(publicKey, data, signature))
    throw new Failure(
      'evidence-key-invalid',
      'The signature that was made is not one of the public key that goes with it; nothing was written. Look at the key, and run again.',
    );
  return {
    payload: payload.toString('base64'),
    payloadType,
    signatures: [{ keyid: keyIdOf(publicKey), sig: Buffer.from(signature).toString('base64') }],
  };
}
