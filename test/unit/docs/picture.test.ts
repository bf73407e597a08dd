import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readRecord } from '../../../build/picture/record';
import { pictureFile, rotationPicture } from '../../../build/picture/rotation';
import { Screen } from '../../../build/picture/screen';
import { terminalSvg } from '../../../build/picture/svg';
import { stepTitles } from '../../../src/rotation/steps';
import { readme, repositoryText } from './readme';

describe('docs/rotation.svg', () => {
  const svg = readFileSync(pictureFile, 'utf8');

  it("is what the command's renderer draws now (else run: npm run docs)", () => {
    expect(svg).to.equal(rotationPicture());
  });

  it('shows the plan, the eleven steps with their times, and the end', () => {
    const said = /<desc>([^<]*)<\/desc>/.exec(svg)?.[1] ?? '';
    expect(said).to.match(/^\$ credential-rotation\n/);
    for (const [number, title] of Object.entries(stepTitles))
      expect(said).to.match(new RegExp(`^✓ +${number}/11 ${title}.*${Number(number) > 2 ? ' s' : ''}$`, 'm'));
    expect(said).to.match(/\n✓ OpenEMR runs on slot B\.$/);
  });

  it('is the one picture of the README, with a text for who cannot see it', () => {
    expect([...readme.matchAll(/!\[([^\]]{20,})\]\(docs\/rotation\.svg\)/g)]).to.have.length(1);
  });

  it('asks for nothing else: no script, no style, no address but that of its own format', () => {
    expect(svg).not.to.match(/<(script|style|image|a|foreignObject)\b|href|url\(/);
    expect([...svg.matchAll(/https?:\/\/[^"]*/g)].map(([address]) => address)).to.deep.equal([
      'http://www.w3.org/2000/svg',
    ]);
  });
});

describe('the maker of the picture', () => {
  it('knows what the terminal is told: colours, writing over, erasing, wrapping', () => {
    const screen = new Screen(5, 24);
    screen.write('one\ntwo\nthree\n\u001b[2A\u001b[2K\u001b[32mTWO\u001b[0m!\n\u001b[0J12345678');
    expect(screen.lines()).to.deep.equal([
      [{ colour: '', text: 'one' }],
      [
        { colour: '32', text: 'TWO' },
        { colour: '', text: '!' },
      ],
      [{ colour: '', text: '12345' }],
      [{ colour: '', text: '678' }],
    ]);
    expect(() => screen.write('\u001b[3Z')).to.throw('does not know the sequence');
  });

  it('puts every word at its column, and takes no text for markup', () => {
    const svg = terminalSvg([[{ colour: '31', text: 'a <b>   "c" & d' }]], 20, 'x');
    expect(svg).to.include('>a &lt;b&gt;</text>');
    expect(svg).to.match(/<text x="82.4"[^>]*textLength="54.6"[^>]*>&quot;c&quot; &amp; d<\/text>/);
    expect(() => terminalSvg([[{ colour: '99', text: 'a' }]], 20, 'x')).to.throw('no colour 99');
  });

  it('refuses a record of a run that did not end well, or that ended in the middle', () => {
    const whole = repositoryText('build', 'picture', 'rotation.jsonl').trim().split('\n');
    expect(readRecord(whole.join('\n')).ending.outcome).to.equal('done');
    expect(() => readRecord(whole.slice(0, -1).join('\n'))).to.throw('no result');
    expect(() => readRecord('{"type":"result","outcome":"held","message":"x"}')).to.throw();
  });
});
