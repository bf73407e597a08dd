import { expect } from 'chai';
import fc from 'fast-check';
import { exitOf, failureCodes } from '../../../src/base/failureCodes';
import type { FailureCode, Outcome } from '../../../src/base/failure';
import {
  describeUnknown,
  Ended,
  exitCodes,
  Failure,
  failureFromText,
  failureToText,
} from '../../../src/base/failure';

const outcomes = Object.keys(exitCodes) as Outcome[];

/** How the engine hands on the text of a provider's error. */
const wrappings: ((text: string) => string)[] = [
  (text) => text,
  (text) => `${text}\n`,
  (text) => `error: ${text}\n`,
  (text) => `Error: ${text}: Error: ${text}\n\n    at Object.create (registry.js:41:13)\n`,
  (text) => `rpc error: code = Unknown desc = ${text}\nmore`,
];

describe('failures through the engine’s text', () => {
  it('come back with outcome and message', () => {
    const message = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((text) => text.replace(/\s+/g, ' ').trim());
    fc.assert(
      fc.property(fc.constantFrom(...outcomes), message, (outcome, text) => {
        const found = failureFromText(failureToText(new Failure('uncoded', text, { outcome })));
        expect(found).to.be.instanceOf(Failure).and.include({ outcome, message: text });
      }),
      { numRuns: 500, seed: 20260 },
    );
  });

  it('come back with their code', () => {
    for (const code of Object.keys(failureCodes) as FailureCode[]) {
      const found = failureFromText(failureToText(new Failure(code, 'A reason.')));
      expect(found).to.include({ code, outcome: exitOf(code), message: 'A reason.' });
    }
  });

  it('of a version that had no codes come back, too', () =>
    expect(failureFromText('error: [outcome=locked] The lock is gone.')).to.include({
      code: 'uncoded',
      outcome: 'locked',
      message: 'The lock is gone.',
    }));

  it('keep what they are when they are said in other words', () => {
    const said = new Failure('lock-lost', 'Lost.').saying('Lost. OpenEMR runs on a.');
    expect(said).to.include({ code: 'lock-lost', outcome: 'locked', message: 'Lost. OpenEMR runs on a.' });
    const ended = new Ended('held', said, 'It is held.');
    expect(ended).to.include({ code: 'lock-lost', outcome: 'held' });
  });

  wrappings.forEach((wrap, index) => {
    it(`come back out of what the engine puts around them (${index})`, () => {
      const found = failureFromText(
        wrap(failureToText(new Failure('lock-held', 'The lock is gone; run again.'))),
      );
      expect(found?.outcome).to.equal('locked');
      expect(found?.message).to.match(/^The lock is gone; run again\.[^\n]*$/);
    });
  });

  for (const wrap of wrappings)
    it(`a refused password comes back with its slot (${wrappings.indexOf(wrap)})`, () => {
      const failure = new Failure('password-refused', 'No.', { slot: 'A' });
      const found = failureFromText(wrap(failureToText(failure)));
      expect(found).to.include({ code: 'password-refused', slot: 'A', outcome: 'before-switch' });
      expect(found?.message).to.match(/^No\./);
    });

  for (const text of [
    '',
    'update failed',
    'outcome=timeout',
    '[outcome=] x',
    '[outcome=no-such] x',
    '[outcome=Timeout] x',
  ])
    it(`are not found in ${JSON.stringify(text)}`, () => expect(failureFromText(text)).to.equal(undefined));

  it('are not found for names that every object has', () =>
    expect(failureFromText('[outcome=constructor] x')).to.equal(undefined));

  it('of other kinds come back as unexpected, without their message', () => {
    const error = Object.assign(new TypeError("ALTER USER 'a' IDENTIFIED BY 'canary'"), {
      code: 'ER_PARSE_ERROR',
    });
    const found = failureFromText(failureToText(error));
    expect(found?.outcome).to.equal('unexpected');
    expect(found?.message)
      .to.match(/^TypeError \(ER_PARSE_ERROR\) at .*failure\.test/)
      .and.not.include('canary');
  });

  it('that are no errors are not shown at all', () => {
    for (const thrown of ['canary', { message: 'canary' }, undefined, null, 7])
      expect(describeUnknown(thrown)).to.equal('an unknown error');
  });

  it('whose message has lines are told without them and without their message', () => {
    expect(describeUnknown(new Error('canary\n    at canary (x.js:1:1)'))).not.to.match(/\n/);
  });

  it('have exit codes of their own', () => {
    const numbers = Object.values(exitCodes);
    expect(new Set(numbers).size).to.equal(numbers.length);
    expect(exitCodes).to.include({
      done: 0,
      configuration: 2,
      permission: 3,
      'before-switch': 4,
      locked: 11,
      held: 12,
      'rolled-back': 13,
    });
  });
});
