import { expect } from 'chai';
import fc from 'fast-check';
import { escape } from 'mysql2';
import { stringify } from 'node:querystring';
import { inspect } from 'node:util';
import { encodeLiteral } from '../../../src/openemr/php/literal';
import { mask, Scrubber } from '../../../src/secrecy/scrubber';
import { needs } from '../needs';
import { encodedElsewhere } from './otherEncoders';

const runs = { numRuns: 300, seed: 20260 };

const signs = fc.constantFrom(...'aZ09', ...'\'"\\$%&+/=<>{}()[]|;:,.-_~^*?!@#`', ' ', 'ä', 'ß', '€', '😀');
const controls = fc.constantFrom(...'\0\x01\x07\b\t\n\v\f\r\x1a\x1b\x1f\x7f\x85\u2028\ufeff');
const unit = fc.oneof({ weight: 9, arbitrary: signs }, { weight: 1, arbitrary: controls });
const secret = fc
  .oneof(
    fc.string({ unit, minLength: 6, maxLength: 40 }),
    fc.string({ unit: 'binary', minLength: 6, maxLength: 40 }),
  )
  .filter((text) => !mask.includes(text) && text.length >= 6);
const around = fc.string({ unit: fc.oneof(signs, fc.constantFrom('\n', '"', ':')), maxLength: 60 });

const php = (style: 'single' | 'double') => (text: string) =>
  encodeLiteral(style, Buffer.from(text, 'utf8')).toString('utf8').slice(1, -1);
const json = (text: string): string => JSON.stringify(text).slice(1, -1);

/** As Go's encoding/json writes a string, with its HTML escapes (go.dev/src/encoding/json/encode.go, appendString). */
function goJson(text: string): string {
  const short: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const long = (char: string): boolean => char < ' ' || '<>&\u2028\u2029'.includes(char);
  return [...text]
    .map(
      (char) =>
        short[char] ?? (long(char) ? `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}` : char),
    )
    .join('');
}

/** As net/url's QueryEscape (go.dev/src/net/url/url.go). */
const goQuery = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      if (char === ' ') return '+';
      return /[A-Za-z0-9_.~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');

const spellings: [string, (text: string) => string][] = [
  ['plain', (text) => text],
  ['URL', encodeURIComponent],
  ['a whole URL', encodeURI],
  ['a form', (text) => new URLSearchParams({ p: text }).toString().slice(2)],
  ['a query string of Node.js', (text) => stringify({ p: text }).slice(2)],
  ['URL by Go', goQuery],
  ['URL in lower case', (text) => goQuery(text).replace(/%../g, (each) => each.toLowerCase())],
  ['SQL as mysql2 writes it', (text) => escape(text).slice(1, -1)],
  ['SQL as mysql2 writes it, in JSON', (text) => json(escape(text).slice(1, -1))],
  ['SQL with doubled quotes', (text) => text.replaceAll("'", "''")],
  ['SQL with doubled double quotes', (text) => text.replaceAll('"', '""')],
  ['PHP in single quotes', php('single')],
  ['PHP in double quotes', php('double')],
  ['a shell', (text) => text.replaceAll("'", "'\\''")],
  ['JSON', json],
  ['JSON in JSON', (text) => json(json(text))],
  ['JSON by Go', goJson],
  ['JSON by Go in JSON by Go', (text) => goJson(goJson(text))],
  ['JSON by Go in JSON', (text) => json(goJson(text))],
  ['inspected by Node.js', (text) => inspect(text).slice(1, -1)],
];

/** A text with a secret in this spelling, scrubbed. */
function scrubbed(spelled: string, secrets: string[], [before, after]: [string, string]): string {
  const scrubber = new Scrubber();
  secrets.forEach((each) => scrubber.register(each));
  return scrubber.scrub(`${before}${spelled}${after}`);
}

describe('Scrubber', () => {
  for (const [name, spell] of spellings) {
    it(`${name}: a secret never survives in any text`, () => {
      fc.assert(
        fc.property(secret, fc.tuple(around, around), (text, sides) => {
          const spelled = spell(text);
          const clean = scrubbed(spelled, [text], sides);
          expect(clean).to.include(mask);
          expect(clean).not.to.include(spelled);
          expect(scrubbed(spelled, [text], ['<', '>'])).to.equal(`<${mask}>`);
        }),
        runs,
      );
    });
  }

  describe('the functions of PHP and Python', () => {
    needs('php', 'python3');
    it('leave nothing of a secret', () => {
      const texts = fc.sample(secret, runs);
      for (const [name, encoded] of Object.entries(encodedElsewhere(texts)))
        texts.forEach((text, index) => {
          const spelled = encoded[index] ?? '';
          const clean = scrubbed(spelled, [text], ['<', '>']);
          expect(clean, `${name}: ${JSON.stringify([text, spelled])}`).to.equal(`<${mask}>`);
        });
    });
  });

  it('a password in the header of a basic login, behind a user name of any length', () => {
    fc.assert(
      fc.property(secret, fc.string({ maxLength: 9 }), fc.boolean(), (text, user, url) => {
        const [before, bytes] = [Buffer.from(`${user}:`), Buffer.from(text, 'utf8')];
        const encoding = url ? 'base64url' : 'base64';
        const header = Buffer.concat([before, bytes]).toString(encoding);
        const clean = scrubbed(header, [text], ['Basic ', '\n']);
        // One character at the beginning says something of the user's name, too.
        const kept = Math.ceil((before.length * 8) / 6);
        expect(clean).to.equal(`Basic ${header.slice(0, kept)}${mask}\n`);
      }),
      runs,
    );
  });

  it('in the middle of longer base64 text: at most one character at each end is left', () => {
    fc.assert(
      fc.property(
        secret,
        fc.uint8Array({ maxLength: 9 }),
        fc.uint8Array({ maxLength: 9 }),
        (text, one, two) => {
          const all = Buffer.concat([one, Buffer.from(text, 'utf8'), two]).toString('base64');
          const clean = scrubbed(all, [text], ['', '']);
          expect(clean).to.include(mask);
          const left = clean.replace(mask, '').length;
          expect(left).to.be.at.most(Math.ceil((one.length * 8) / 6) + 4 * Math.ceil((two.length + 2) / 3));
        },
      ),
      runs,
    );
  });

  it('as JSON: what comes out is JSON, also when a secret ends with a quote that the text has behind it', () => {
    fc.assert(
      fc.property(secret, around, (text, sides) => {
        const scrubber = new Scrubber();
        [text, 'abcdef"', '\\abcdef'].forEach((each) => scrubber.register(each));
        const value = [{ text: `${sides}${text}${sides}`, n: 1 }, 'abcdef', 'x\\\\abcdef'];
        const printed = scrubber.toJson(value);
        expect(printed).not.to.include(json(text));
        expect(JSON.parse(printed)).to.have.lengthOf(3);
      }),
      runs,
    );
  });

  it('many secrets and very long texts full of backslashes and quotes come to an end: no time grows with the square', () => {
    const scrubber = new Scrubber();
    for (let n = 0; n < 40; n += 1) scrubber.register(`S3cret-of-number.${n}_${'\\\'"'.repeat(3)}`);
    for (const line of ['\\'.repeat(200_000), `'"`.repeat(100_000)])
      expect(scrubber.scrub(line)).to.have.lengthOf(line.length);
  });

  it('several secrets, one the beginning of another: nothing of the longer one is left', () => {
    fc.assert(
      fc.property(secret, secret, fc.boolean(), (one, end, longFirst) => {
        const secrets = longFirst ? [one + end, one] : [one, one + end];
        expect(scrubbed(one + end, secrets, ['<', '>'])).to.equal(`<${mask}>`);
      }),
      runs,
    );
  });

  it('every place of it is masked', () => {
    expect(scrubbed('s3cret-x', ['s3cret-x'], ['s3cret-x ', ' s3cret-x'])).to.equal(
      `${mask} ${mask} ${mask}`,
    );
  });

  it('a secret with signs of regular expressions and replacements is taken as it is', () => {
    expect(scrubbed('$&.*(x)$1', ['$&.*(x)$1'], ['a', 'b'])).to.equal(`a${mask}b`);
  });

  it('text without a secret stays as it is; so does everything when the secret is too short to mask', () => {
    fc.assert(
      fc.property(around, fc.string({ maxLength: 5 }), (text, short) => {
        expect(scrubbed('', ['canary-secret', short], [text, ''])).to.equal(text);
      }),
      runs,
    );
  });

  it('any text can be registered', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 6 }), (text) => {
        expect(scrubbed(text, [text], ['<', '>'])).not.to.include(text);
      }),
      runs,
    );
    expect(scrubbed('half \ud83d pair', ['half \ud83d pair'], ['<', '>'])).to.equal(`<${mask}>`);
  });
});
