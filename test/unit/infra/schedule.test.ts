import { expect } from 'chai';
import { isSchedule, startsDaily } from '../../../infra/inputs/schedule';

describe('a schedule', () => {
  for (const text of [
    ...['17 3 * * *', '*/5 0-23/2 1,15 JAN-jun MON', '0 0 ? * 0,6', '59 23 31 12 6', '5/15 * * * *'],
    // Either field of the day is enough, so this starts on Mondays of February.
    ...['0 0 30 2 1', '0 0 29 2 *'],
    // The minute is put in when the objects are made.
    'H 3 * * *',
  ])
    it(`is ${text}`, () => expect(isSchedule(text)).to.equal(true));

  for (const text of [
    ...['99 99 * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * 32 * *', '* * * 13 *', '* * * 0 *'],
    ...[
      '* * * * 7',
      '* * * * mo',
      '* * * jane *',
      '5-1 * * * *',
      '*/0 * * * *',
      '*-5 * * * *',
      '1,,2 * * * *',
    ],
    ...[
      '@daily',
      '* * * *',
      '0 * * * * *',
      'TZ=UTC 1 2 * * *',
      '',
      '-1 * * * *',
      '1.5 * * * *',
      '0 0 31 2 *',
    ],
    ...['0 H * * *', 'H/5 * * * *', 'h 3 * * *'],
    ...['0 0 30,31 2 *', '0 0 31 2,4,6,9,11 *'],
  ])
    it(`is not ${text}`, () => expect(isSchedule(text)).to.equal(false));

  for (const [text, daily] of [
    ['17 3 * * *', true],
    ['H 3 * * *', true],
    ['*/5 */6 ? 1-12 ?', true],
    ['0 0 */1 * */1', true],
    ['0 0 1-31 * 1', true],
    ['0 0 * * 0-6', true],
    ['0 0 13 * sun-sat', true],
    ['0 0 * * 1-5', false],
    ['0 0 */2 * *', false],
    ['0 0 1 * 1', false],
    ['0 0 * 1-11 *', false],
    ['0 0 1-30 * *', false],
  ] as const)
    it(`${text} ${daily ? 'starts' : 'does not start'} on each day`, () =>
      expect(startsDaily(text)).to.equal(daily));
});
