import { expect } from 'chai';
import fc from 'fast-check';
import { escape } from 'mysql2';
import { encodeLiteral } from '../../../src/openemr/literal';
import { mask, Scrubber } from '../../../src/report/scrubber';

const runs = { numRuns: 300, seed: 20260 };

const unit = fc.constantFrom(...'aZ09', ...'\'"\\$%&+/=<>{}()[]|;:,.-_~^*?!@#`', ' ', 'ä', 'ß', '€', '😀');
const secret = fc
  .oneof(fc.string({ unit, minLength: 6, maxLength: 40 }), fc.string({ minLength: 6, maxLength: 40 }))
  .filter((text) => !mask.includes(text) && text.length >= 6);
const around = fc.string({ unit: fc.oneof(unit, fc.constantFrom('\n', '"', ':')), maxLength: 60 });

const php = (style: 'single' | 'double') => (text: string) =>
  encodeLiteral(style, Buffer.from(text, 'utf8')).toString('utf8').slice(1, -1);
const json = (text: string): string => JSON.stringify(text).slice(1, -1);

const spellings: [string, (text: string) => string][] = [
  ['plain', (text) => text],
  ['base64', (text) => Buffer.from(text, 'utf8').toString('base64')],
  ['base64 without padding', (text) => Buffer.from(text, 'utf8').toString('base64').replace(/=+$/, '')],
  ['URL', encodeURIComponent],
  ['SQL as mysql2 writes it', (text) => escape(text).slice(1, -1)],
  ['SQL with doubled quotes', (text) => text.replaceAll("'", "''")],
  ['PHP in single quotes', php('single')],
  ['PHP in double quotes', php('double')],
  ['JSON', json],
  ['JSON in JSON', (text) => json(json(text))],
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
        }),
        runs,
      );
    });
  }

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
