import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { needs } from '../needs';
import { runOnTerminal } from './terminal';

const module_ = path.resolve(__dirname, '..', '..', '..', 'src', 'cli', 'ask.js');
const script = `require(${JSON.stringify(module_)}).confirmed('Sure?').then(
  (yes) => console.log(yes ? 'it is a yes' : 'it is a no'),
  (error) => console.log(error.outcome + ': ' + error.message),
)`;

describe('a question on a terminal', function () {
  this.timeout(30_000);
  needs('python3');

  const answers: [typed: string, answer: 'yes' | 'no'][] = [
    ['y\r', 'yes'],
    ['Y\r', 'yes'],
    ['yes\r', 'yes'],
    [' yes \r', 'yes'],
    ['n\r', 'no'],
    ['\r', 'no'],
    ['yess\r', 'no'],
    ['\u0004', 'no'],
    ['\u0003', 'no'],
  ];
  for (const [typed, answer] of answers)
    it(`${JSON.stringify(typed)} is a ${answer}`, async () => {
      const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm' };
      const { screen, code } = await runOnTerminal([process.execPath, '-e', script], { env }, [
        ['[y/N] ', typed],
      ]);
      expect(screen).to.match(/Sure\? \[y\/N\] /);
      expect(screen).to.include(`it is a ${answer}`);
      expect(code).to.equal(0);
    });

  it('is not asked without one', () => {
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(stdout).to.match(
      /^configuration: There is no terminal to ask on; .*--yes\. Nothing was changed\.\n$/,
    );
  });
});
