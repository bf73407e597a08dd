import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { checkFleetFlags, fleetHome, memberEnvironment, membersOf } from '../../../src/fleet/member';
import { identityNames } from '../../../src/fleet/keys';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { gather } from '../../../src/settings/settings';
import { fleetOf } from './made';

describe('membersOf', () => {
  const fleet = fleetOf(['a', 'b']);
  fleet.defaults = { ...fleet.defaults, healthLimitSeconds: '20', home: '/var/lib/rotation' };
  const [first] = fleet.deployments;
  if (first) first.own = { ...first.own, healthLimitSeconds: '30' };
  const environment = {
    AWS_REGION: 'eu-west-1',
    CREDENTIAL_ROTATION_HEALTH_LIMIT_SECONDS: '10',
    CREDENTIAL_ROTATION_HEALTH_ANSWERS: '5',
    CREDENTIAL_ROTATION_HOME: '/elsewhere',
  };

  it('a flag wins over the entry, that over the defaults, that over the environment', () => {
    const limits = membersOf(fleet, {}, environment).map(({ values }) => values.healthLimitSeconds);
    expect(limits).to.deep.equal(['30', '20']);
    const [a, b] = membersOf(fleet, { healthLimitSeconds: '40' }, environment);
    expect([a?.values.healthLimitSeconds, b?.values.healthLimitSeconds]).to.deep.equal(['40', '40']);
    expect(a?.values).to.include({ awsRegion: 'us-east-1', healthAnswersInARow: '5' });
  });

  it('each has a home and a stack of its own', () => {
    const members = membersOf(fleet, {}, environment);
    expect(members.map(({ location }) => location)).to.deep.equal(
      ['a', 'b'].map((stack) => ({
        stack,
        home: `/var/lib/rotation/deployments/${stack}`,
        backendUrl: `file:///var/lib/rotation/deployments/${stack}/state`,
        secretsProvider: 'passphrase',
      })),
    );
    expect(fleetHome(fleet, {}, environment)).to.equal('/var/lib/rotation');
    expect(fleetHome(fleet, { home: '/flag' }, environment)).to.equal('/flag');
    expect(fleetHome(fleetOf(['a']), {}, environment)).to.equal('/elsewhere');
  });

  it('those with one admin secret share it', () => {
    const shared = fleetOf(['a', 'b', 'c']);
    for (const { own } of shared.deployments.slice(0, 2)) own.adminSecretId = 'one/admin';
    const [a, b, c] = membersOf(shared, {}, {}).map((member) => member.shared);
    expect(a).to.deep.equal(b);
    expect(a).not.to.deep.equal(c);
  });
});

describe('memberEnvironment', () => {
  const stale = Object.fromEntries(optionNames.map((name) => [definitionOf(name).variable, `stale-${name}`]));
  const environment = {
    ...stale,
    PATH: '/bin',
    PULUMI_CONFIG_PASSPHRASE: 'p',
    JOB_COMPLETION_INDEX: '3',
    KUBECONFIG: '/k',
  };
  const fleet = fleetOf(['a', 'b']);
  const [, second] = fleet.deployments;
  if (second) Object.assign(second, { kubeconfig: '/etc/b', awsProfile: 'b' });

  it('of the variables that name one OpenEMR none reaches a deployment; what is no setting does', () => {
    for (const member of membersOf(fleet, {}, environment)) {
      const own = memberEnvironment(member, environment);
      for (const name of identityNames) {
        const { variable } = definitionOf(name);
        expect(own[variable], variable).to.equal(member.values[name]);
        expect(own[variable] ?? '', variable).not.to.include('stale');
      }
      expect(own).to.include({ PATH: '/bin', PULUMI_CONFIG_PASSPHRASE: 'p' });
      expect(own).not.to.have.property('JOB_COMPLETION_INDEX');
    }
  });

  it('gives a rotation of its own exactly the settings of its deployment', () => {
    for (const member of membersOf(fleet, {}, { PATH: '/bin' })) {
      const found = gather({}, memberEnvironment(member, environment), '/nowhere');
      for (const name of identityNames.filter((each) => each !== 'site'))
        expect(found[name]?.value).to.equal(member.values[name]);
      expect(found.site).to.deep.equal({ value: 'default', origin: 'default' });
    }
  });

  it('a deployment may have a cluster and an AWS account of its own', () => {
    const [a, b] = membersOf(fleet, {}, environment).map((member) => memberEnvironment(member, environment));
    expect(a).to.include({ KUBECONFIG: '/k' }).and.not.to.have.property('AWS_PROFILE');
    expect(b).to.include({ KUBECONFIG: '/etc/b', AWS_PROFILE: 'b' });
  });
});

describe('checkFleetFlags', () => {
  it('refuses flags that name one OpenEMR, all at once, and takes the others', () => {
    checkFleetFlags({ healthLimitSeconds: '5', home: '/h' });
    const refuse = (): void =>
      checkFleetFlags({ namespace: 'x', slotSecretId: 'y', healthLimitSeconds: 'soon' });
    expect(refuse).to.throw(
      Failure,
      /--slot-secret-id names one OpenEMR; put slotSecretId into the fleet file/,
    );
    expect(refuse).to.throw(Failure, /--namespace .*--health-limit is malformed/);
  });
});
