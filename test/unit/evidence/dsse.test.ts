import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { expect } from 'chai';
import { fromBase64, preAuthEncoding } from '../../../src/evidence/dsse';

/** The test vector of protocol.md (github.com/secure-systems-lab/dsse, 1.0.0). */
const vector = {
  type: 'http://example.com/HelloWorld',
  payload: 'aGVsbG8gd29ybGQ=',
  sig: 'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==',
  x: 46950820868899156662930047687818585632848591499744589407958293238635476079160n,
  y: 5640078356564379163099075877009565129882514886557779369047442380624545832820n,
  d: 97358161215184420915383655311931858321456579547487070936769975997791359926199n,
};

const part = (value: bigint): string =>
  Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toString('base64url');

describe('DSSE', () => {
  it("the encoding that is signed is that of the specification's vector", () => {
    const body = fromBase64(vector.payload);
    expect(body?.toString()).to.equal('hello world');
    expect(preAuthEncoding(vector.type, body ?? Buffer.alloc(0)).toString()).to.equal(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it("and its signature is one of that encoding by the vector's key", () => {
    const jwk = { kty: 'EC', crv: 'P-256', x: part(vector.x), y: part(vector.y) };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const secret = createPrivateKey({ key: { ...jwk, d: part(vector.d) }, format: 'jwk' });
    expect(createPublicKey(secret).export({ format: 'jwk' })).to.deep.include({ x: jwk.x, y: jwk.y });
    const data = preAuthEncoding(vector.type, Buffer.from('hello world'));
    const raw = { key, dsaEncoding: 'ieee-p1363' as const };
    expect(verify('sha256', data, raw, Buffer.from(vector.sig, 'base64'))).to.equal(true);
    const other = preAuthEncoding(vector.type, Buffer.from('hello world!'));
    expect(verify('sha256', other, raw, Buffer.from(vector.sig, 'base64'))).to.equal(false);
  });

  it('lengths are counted in bytes', () => {
    expect(preAuthEncoding('é', Buffer.from('ü')).toString()).to.equal('DSSEv1 2 é 2 ü');
  });

  it('base64 of both alphabets is read, and only the one text of its bytes', () => {
    const bytes = Buffer.from([0xfb, 0xff, 0xfe, 0x01]);
    expect(fromBase64('+//+AQ==')).to.deep.equal(bytes);
    expect(fromBase64('-__-AQ==')).to.deep.equal(bytes);
    for (const odd of [
      '+//+AR==',
      '+//+AQ',
      '+//+AQ==\n',
      '+//+ AQ==',
      '+//+AQ==x',
      '+//*AQ==',
      '-//+AQ==',
      '+_/-AQ==',
    ])
      expect(fromBase64(odd), odd).to.equal(undefined);
  });
});
