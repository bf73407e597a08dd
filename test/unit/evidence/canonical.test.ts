import { expect } from 'chai';
import fc from 'fast-check';
import { canonical, digestOf } from '../../../src/evidence/canonical';

describe('canonical JSON (RFC 8785)', () => {
  it('the example of section 3.2.2', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`) as unknown;
    expect(canonical(value)).to.equal(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('the order of section 3.2.3: by UTF-16 code units', () => {
    const value = JSON.parse(String.raw`{
      "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
    }`) as unknown;
    const order = [...canonical(value).matchAll(/:"([^"]+)"/g)].map(([, text]) => text);
    expect(order).to.deep.equal([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('numbers of appendix B', () => {
    const numbers: [number, string][] = [
      [-0, '0'],
      [5e-324, '5e-324'],
      [1.7976931348623157e308, '1.7976931348623157e+308'],
      [9007199254740992, '9007199254740992'],
      [295147905179352830000, '295147905179352830000'],
      [9.999999999999997e22, '9.999999999999997e+22'],
      [1e23, '1e+23'],
      [0.000001, '0.000001'],
      [1e-7, '1e-7'],
    ];
    for (const [number, text] of numbers) expect(canonical(number)).to.equal(text);
  });

  it('what is not JSON is refused', () => {
    for (const value of [NaN, Infinity, undefined, '\ud800', { a: undefined }, { '\udc00': 1 }, () => 1])
      expect(() => canonical(value)).to.throw(TypeError);
  });

  it('is the same text for the same value, whatever the order of its members, and reads back as that value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        fc.pre(!/\p{Cs}/u.test(JSON.stringify(value)));
        const text = canonical(value);
        expect(JSON.parse(text)).to.deep.equal(JSON.parse(JSON.stringify(value)));
        expect(canonical(JSON.parse(text))).to.equal(text);
      }),
      { numRuns: 40 },
    );
    expect(digestOf({ a: 1, b: 2 })).to.equal(digestOf({ b: 2, a: 1 }));
  });
});
