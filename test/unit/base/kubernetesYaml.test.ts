import { expect } from 'chai';
import { parse } from 'yaml';
import { kubernetesYaml } from '../../../src/base/kubernetesYaml';

describe('kubernetesYaml', () => {
  it('a text that YAML 1.1 reads as something else stays a text for kubectl', () => {
    for (const value of [
      'off',
      'on',
      'yes',
      'No',
      'y',
      'N',
      'true',
      'null',
      '~',
      '0o17',
      '017',
      '1_000',
      '12:30:45',
    ]) {
      const text = kubernetesYaml({ env: [{ name: 'CREDENTIAL_ROTATION_CANARY', value }] });
      const read = parse(text, { version: '1.1' }) as { env: { value: unknown }[] };
      expect(read.env[0]?.value, text).to.equal(value);
    }
  });

  it('what is no text stays what it is, without a directive before it', () => {
    const object = { spec: { suspend: false, replicas: 2, defaultMode: 0o400 } };
    const text = kubernetesYaml(object);
    expect(text.startsWith('spec:')).to.equal(true);
    expect(parse(text, { version: '1.1' })).to.deep.equal(object);
  });
});
