import { expect } from 'chai';
import { passwordsOfUrl, shownUrl } from '../../../src/base/urlPassword';
import { scrubber } from '../../../src/secrecy/scrubber';
import { folders, gather } from '../../../src/settings/settings';

describe('the password of a URL', () => {
  const url = 'postgres://state:wom%40bat-1@db.example/pulumi?sslmode=verify-full';

  it('is left out where people read the URL', () => {
    expect(shownUrl(url)).to.equal('postgres://state:********@db.example/pulumi?sslmode=verify-full');
    expect(shownUrl('s3://bucket/a:b@c')).to.equal('s3://bucket/a:b@c');
    expect(shownUrl('file:///srv/state')).to.equal('file:///srv/state');
  });

  it('is known as it stands there, and decoded', () => {
    expect(passwordsOfUrl(url)).to.deep.equal(['wom%40bat-1', 'wom@bat-1']);
    expect(passwordsOfUrl('postgres://state@db.example/pulumi')).to.deep.equal([]);
    expect(passwordsOfUrl('postgres://a:100%@db.example/x')).to.deep.equal(['100%']);
  });

  it("of the state's database is in no text that the engine's words are part of", () => {
    folders((name) => (name === 'backendUrl' ? url : undefined), {});
    expect(scrubber.scrub(`error: dial ${url}: user state, password wom@bat-1`)).not.to.match(/bat-1/);
  });

  it('is known as soon as the settings are gathered, also to a command that opens no state', () => {
    const values = gather({ backendUrl: 'postgres://state:CanaryPw2@db.example/pulumi' }, {}, '/nowhere');
    expect(values.backendUrl?.origin).to.equal('flag');
    expect(scrubber.scrub('backendUrl: CanaryPw2')).not.to.include('CanaryPw2');
  });
});
