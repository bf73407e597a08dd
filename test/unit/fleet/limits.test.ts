import { expect } from 'chai';
import { checkVariables, limitsOf } from '../../../src/cli/commands/fleet/open';
import type { FleetFlags } from '../../../src/cli/invocation';
import { Failure } from '../../../src/base/failure';
import { fleetOf } from './made';

const none: FleetFlags = {
  ...{ action: 'run', file: 'f.yaml', only: [], anew: false },
  ...{ concurrency: undefined, stagger: undefined, onFailure: undefined, since: undefined },
  ...{ index: undefined, image: undefined, schedule: undefined },
};

describe('limitsOf', () => {
  it('is what the flags say, else the file, else four at a time and a stop at the first failure', () => {
    const bare = fleetOf(['a']);
    expect(limitsOf(none, bare)).to.deep.equal({ concurrency: 4, staggerMs: 0, onFailure: 'stop' });
    const file = { ...bare, concurrency: 8, staggerSeconds: 2, onFailure: 'continue' } as const;
    expect(limitsOf(none, file)).to.deep.equal({ concurrency: 8, staggerMs: 2000, onFailure: 'continue' });
    const flags = { ...none, concurrency: '2', stagger: '0.5', onFailure: 'stop' };
    expect(limitsOf(flags, file)).to.deep.equal({ concurrency: 2, staggerMs: 500, onFailure: 'stop' });
  });

  it('refuses anything else, naming the flag', () => {
    for (const flags of [
      { concurrency: '0' },
      { concurrency: '101' },
      { stagger: '-1' },
      { onFailure: 'ignore' },
    ])
      expect(() => limitsOf({ ...none, ...flags }, fleetOf(['a']))).to.throw(Failure, /^--[a-z-]+ takes /);
  });
});

describe('checkVariables', () => {
  it('refuses a mistyped variable once for all deployments, without its value', () => {
    expect(() => checkVariables({ CREDENTIAL_ROTATION_IDLE_GRACE: 'canary' }))
      .to.throw(Failure, /^Settings: CREDENTIAL_ROTATION_IDLE_GRACE is not a variable/)
      .with.property('message')
      .that.does.not.include('canary');
    expect(() => checkVariables({ CREDENTIAL_ROTATION_IDLE_GRACE_SECONDS: '5' })).not.to.throw();
  });
});
