import { expect } from 'chai';
import type { Architecture } from '../../../image/architecture';
import { thisArchitecture } from '../../../image/architecture';
import { archiveName, lastStage, platformsOf, wantedArchitectures } from '../../../lab/dockerfile/platforms';
import { repositoryText } from '../docs/readme';

const own = thisArchitecture();
const other: Architecture = own === 'amd64' ? 'arm64' : 'amd64';

describe('platforms of an image', () => {
  it('are this one without a word, and else those that are named, each once', () => {
    expect(wantedArchitectures([])).to.deep.equal([own]);
    expect(wantedArchitectures(['--platform', 'linux/arm64'])).to.deep.equal(['arm64']);
    const both = wantedArchitectures(['--platform=linux/amd64,linux/arm64,linux/amd64']);
    expect(both).to.deep.equal(['amd64', 'arm64']);
    expect(platformsOf(both)).to.equal('linux/amd64,linux/arm64');
    expect(() => wantedArchitectures(['--platform', 'linux/s390x'])).to.throw('no image for linux/s390x');
    expect(() => wantedArchitectures(['--plattform', 'linux/arm64'])).to.throw('--plattform');
  });

  it('have archives of their own', () => {
    const each: Architecture[][] = [[own], [other], [own, other]];
    const names = each.map((of) => archiveName('1.2.3', of));
    expect(names).to.deep.equal([
      'credential-rotation-1.2.3.tar',
      `credential-rotation-1.2.3-${other}.tar`,
      `credential-rotation-1.2.3-${own}-${other}.tar`,
    ]);
  });

  it('have the last stage of the Dockerfile in common, which runs nothing', () => {
    const stage = lastStage(repositoryText('Dockerfile'));
    expect(stage)
      .to.match(/^FROM scratch\n/)
      .and.match(/^ENTRYPOINT /m);
    expect(stage.match(/^FROM /gm)).to.have.length(1);
    for (const wrong of [
      'FROM a AS build\nFROM scratch\nCOPY --from=build /x /\nRUN x\n',
      'FROM a\nFROM b\n',
    ])
      expect(() => lastStage(wrong), wrong).to.throw('only copies from the stage build');
  });
});
