import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { LoginProbes } from '../../../src/inspect/status/loginProbes';
import { loginOf } from '../rotation/simulatedWorld';

describe('login probes', () => {
  it('ask each login once, two at a time at most, and remember the first failure', async () => {
    let [now, most, tries] = [0, 0, 0];
    const probes = new LoginProbes(async ({ username }) => {
      tries += 1;
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      if (username === 'gone') throw new Failure('database-unreachable', 'No answer.');
      return username === 'wrong' ? 'denied' : 'works';
    });
    const names = ['one', 'two', 'one', 'wrong', 'gone', 'two'];
    const answers = await Promise.all(names.map((name) => probes.ask(loginOf(name))));
    expect(answers).to.deep.equal(['works', 'works', 'works', 'denied', undefined, 'works']);
    expect({ tries, most }).to.deep.equal({ tries: 4, most: 2 });
    expect(probes.failure?.message).to.equal('No answer.');
  });

  it('try another password of the same user by itself', async () => {
    let tries = 0;
    const probes = new LoginProbes(async () => {
      tries += 1;
      return 'works';
    });
    await probes.ask(loginOf('one'));
    await probes.ask(loginOf('one', { password: 'another' }));
    expect(tries).to.equal(2);
  });
});
