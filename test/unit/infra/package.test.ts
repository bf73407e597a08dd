import { expect } from 'chai';
import { inputRows } from '../../../infra/inputs/table';
import { schemaText } from '../../../infra/package/ownSchema';
import { ComponentProvider } from '../../../infra/package/provider';
import type { PackageSchema } from '../../../infra/package/schema';
import { componentType, packageSchema } from '../../../infra/package/schema';
import { repositoryText } from '../docs/readme';

interface Property {
  $ref?: string;
  secret?: boolean;
  plain?: boolean;
  type?: string;
  description?: string;
}

describe('the Pulumi component package', () => {
  const schema: PackageSchema = packageSchema('1.2.3', 'what it is', { aws: '7.0.0' });
  const component = schema.resources[componentType] as { inputProperties: Record<string, Property> };

  /** The property at a path of inputs, through the types that are referred to. */
  function propertyAt(at: string): Property | undefined {
    let properties: Record<string, Property> | undefined = component.inputProperties;
    let found: Property | undefined;
    for (const key of at.split('.')) {
      found = properties?.[key];
      properties = schema.types[found?.$ref?.replace('#/types/', '') ?? '']?.properties;
    }
    return found;
  }

  it('has checked in what its inputs give: npm run docs writes it anew', () => {
    expect(repositoryText('infra/package/schema.json')).to.equal(schemaText());
  });

  it('has every input of docs/platform.md, with its meaning', () => {
    for (const { path, describe: meaning } of inputRows())
      expect(propertyAt(path)?.description, path).to.include(meaning);
  });

  it('takes outputs where another resource may give the value, and the password as a secret', () => {
    expect(propertyAt('aws.adminSecret.login.password')).to.deep.include({ type: 'string', secret: true });
    expect(propertyAt('existing.slotSecret')).to.not.have.property('plain');
    expect(propertyAt('namespace')).to.deep.include({ type: 'string', plain: true });
    expect(propertyAt('kubernetes.user.uid')?.type).to.equal('number');
    expect(propertyAt('kubernetes.limits.idleSeconds')?.type).to.equal('integer');
  });

  it('refers to no type that is not there', () => {
    const referred = [...JSON.stringify(schema).matchAll(/#\/types\/([^"]+)/g)].map(
      ([, token = '']) => token,
    );
    expect(schema.types).to.include.all.keys(...referred);
  });

  it('knows no other type', () => {
    const provider = new ComponentProvider('1.2.3', '{}');
    expect(() => provider.construct('x', 'credential-rotation:index:Other', {}, {})).to.throw(
      'credential-rotation:index:Other is not in this package',
    );
  });
});
