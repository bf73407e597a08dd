import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { readInputs } from '../../../infra/inputs/read';
import { renderManifests } from '../../../infra/render/manifests';
import { codeBlocks, codeLines, repositoryText } from './readme';
import { checkTakeover } from './takeover';

describe('docs/migration.md', () => {
  const text = repositoryText('docs', 'migration.md');
  const lines = codeLines('sh', text);

  it('deletes the old schedule before it makes the new one, whose name is the same', () => {
    expect(lines.join('\n')).to.include('delete cronjob credential-rotation');
    expect(checkTakeover(lines)).to.deep.equal([]);
  });

  it('would be refused in another order, or without the new schedule', () => {
    const [deletion, application] = [
      'kubectl -n openemr delete cronjob credential-rotation',
      'kubectl apply -f infra/manifests',
    ];
    expect(checkTakeover([application, 'pulumi -C infra up', deletion])).to.deep.equal([
      `${deletion} deletes what ${application} has made before it`,
      `${deletion} is not followed by ${application}`,
      `${deletion} is not followed by pulumi -C infra up`,
    ]);
    expect(checkTakeover([deletion])).to.have.lengthOf(2);
    expect(checkTakeover(['kubectl -n openemr delete job credential-rotation'])).to.deep.equal([]);
  });

  it('shows inputs that infra/ takes: as a whole, and without the half of the cluster', () => {
    const [example = ''] = codeBlocks('yaml', text);
    const inputs = parse(example) as Record<string, unknown>;
    const whole = readInputs(inputs);
    expect(whole.kubernetes?.serviceAccount.adopt).to.equal('credential-rotation-sa');
    expect(whole.aws?.role).to.include({ trust: 'irsa' });
    const { sites, kubernetes, ...aws } = inputs;
    expect([sites, kubernetes]).not.to.include(undefined);
    expect(readInputs(aws).kubernetes).to.equal(undefined);
  });

  it('has manifests of its own inputs that make no ServiceAccount and give the old one its rights', () => {
    const files = renderManifests(parse(repositoryText('infra', 'takeover.yaml')));
    expect([...files.keys()]).to.deep.equal([
      'role.yaml',
      'network-policy.yaml',
      'cron-job.yaml',
      'job.yaml',
    ]);
    const [, binding] = parseAllDocuments(files.get('role.yaml') ?? '').map(
      (each) => each.toJS() as { subjects?: unknown },
    );
    expect(binding?.subjects).to.deep.equal([
      { kind: 'ServiceAccount', name: 'credential-rotation-sa', namespace: 'openemr' },
    ]);
    expect(files.get('cron-job.yaml')).to.include('serviceAccountName: credential-rotation-sa');
  });
});
