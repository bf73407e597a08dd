import { expect } from 'chai';
import { roleOf } from '../../lab/support/roles';

describe('the processes of a run, by their role', () => {
  const official = '/home/pulumi/plugins/resource-aws-v7.48.0/pulumi-resource-aws';
  for (const [role, commandLine] of [
    ['command', ['/usr/bin/node', '/app/dist/src/cli/main.js', '--log-json']],
    ['engine', ['/opt/pulumi/bin/pulumi', 'up', '--stack', 'prod']],
    ['aws', [official, '127.0.0.1:40000']],
    ['aws', ['/usr/bin/node', '/cache/bundle/lab/aws.js', '127.0.0.1:40000']],
    ['aws', ['/usr/bin/node', '/plugins/stand-in/aws/main.js', '127.0.0.1:40000']],
    ['random', ['/plugins/resource-random-v4.21.2/pulumi-resource-random', '127.0.0.1:40000']],
    ['kubernetes', ['/plugins/resource-kubernetes-v4.25.0/pulumi-resource-kubernetes', '127.0.0.1:1']],
    [undefined, ['node', '/app/node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js', '127.0.0.1:1']],
    [undefined, ['/bin/sh', official, '127.0.0.1:40000']],
    [undefined, ['']],
  ] as const)
    it(`${commandLine.join(' ')}: ${role ?? 'none'}`, () => {
      expect(roleOf(commandLine)).to.equal(role);
    });
});
