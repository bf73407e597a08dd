import { expect } from 'chai';
import { evidenceSchemaText } from '../../../src/evidence/schemaText';
import { entrySchema, predicateSchema, predicateType, statementType } from '../../../src/evidence/form';
import { payloadType } from '../../../src/evidence/dsse';
import { repositoryText } from '../docs/readme';
import { madeRecords, madeStatement } from './made';

const page = repositoryText('docs', 'evidence.md');

describe('docs/evidence.md', () => {
  it('names every code of a finding, and every proof', () => {
    const { code } = predicateSchema.shape.findings.element.shape;
    for (const each of code.options) expect(page).to.include(`\`${each}\``);
    const [entry] = madeStatement(madeRecords(1)).predicate.entries;
    for (const proof of Object.keys(entry?.proofs ?? {})) expect(page).to.include(`\`proofs.${proof}\``);
  });

  it('has every field of an entry in its table, or says what it is for', () => {
    const [, table = ''] = /(\| field of an entry[\s\S]*?)\n\n/.exec(page) ?? [];
    const elsewhere = ['number', 'stack', 'follows', 'final', 'undoes'];
    for (const field of Object.keys(entrySchema.shape))
      if (!elsewhere.includes(field)) expect(table, field).to.match(new RegExp(`\`${field}(\\.|\\[|\`)`));
  });

  it('names the types that are written', () => {
    expect(page).to.include(predicateType);
    expect(statementType).to.equal('https://in-toto.io/Statement/v1');
    expect(payloadType).to.equal('application/vnd.in-toto+json');
  });
});

describe('docs/evidence.schema.json', () => {
  it('is the one that `npm run docs` writes, and lets in nothing that is not named', () => {
    const text = repositoryText('docs', 'evidence.schema.json');
    expect(text).to.equal(evidenceSchemaText());
    const schema = JSON.parse(text) as { $id: string; properties: object };
    expect(schema).to.include({ $id: predicateType, additionalProperties: false });
    expect(Object.keys(schema.properties)).to.have.members(Object.keys(predicateSchema.shape));
  });
});
