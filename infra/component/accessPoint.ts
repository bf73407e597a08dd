import { AccessPoint } from '@pulumi/aws/efs/accessPoint';
import type { Output } from '@pulumi/pulumi';
import { interpolate, output } from '@pulumi/pulumi';
import { childOf, type Scope } from './scope';

/**
 * The access point to OpenEMR's sites/, made or adopted. It turns whoever comes through it into the owner of the files.
 * @returns the handle of a volume on it, or undefined where the inputs adopt a claim
 */
export function volumeHandleFor(scope: Scope): Output<string> | undefined {
  const { sites, region, aws } = scope.inputs;
  if (sites?.fileSystem === undefined) return undefined;
  const { fileSystem, accessPoint, path, owner } = sites;
  if (accessPoint !== undefined) return interpolate`${output(fileSystem)}::${accessPoint}`;
  if (path === undefined || owner === undefined) return undefined;
  // The folder is OpenEMR's: it is there, so nothing says how to make it.
  const made = new AccessPoint(
    `${scope.name}-sites`,
    { fileSystemId: fileSystem, posixUser: owner, rootDirectory: { path }, region, tags: aws?.tags ?? {} },
    childOf(scope),
  );
  return interpolate`${output(fileSystem)}::${made.id}`;
}
