import { z } from 'zod';

/** What the payload of an in-toto statement is called (github.com/in-toto/attestation, spec/v1/envelope.md). */
export const payloadType = 'application/vnd.in-toto+json';

/** A DSSE envelope (github.com/secure-systems-lab/dsse, envelope.md) as this tool writes it: one signature. */
export const envelopeSchema = z.strictObject({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.tuple([z.strictObject({ keyid: z.string(), sig: z.string() })]),
});

/** A DSSE envelope. */
export type Envelope = z.infer<typeof envelopeSchema>;

/** What is signed: the pre-authentication encoding of DSSE's protocol.md, 1.0.0. */
export function preAuthEncoding(type: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/**
 * The bytes of base64, standard or URL-safe; undefined for a text that is not the one encoding of its bytes. A decoder
 * overlooks stray characters and bits: a changed text would pass as the same.
 */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const standard = bytes.toString('base64');
  return text === standard || text === standard.replaceAll('+', '-').replaceAll('/', '_') ? bytes : undefined;
}
