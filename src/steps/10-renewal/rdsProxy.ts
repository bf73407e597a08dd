import { Failure } from '../../base/failure';
import { isRdsProxy } from '../../mysql/rdsProxy';

/**
 * An RDS Proxy lends its sessions out and keeps them when their client has gone: the sessions of a user that the server
 * lists are the proxy's, and `unlock` could end one that is somebody else's by now.
 * docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-pinning.html
 */
export function proxyProblems(admin: { host: string }): Failure[] {
  if (!isRdsProxy(admin.host)) return [];
  return [
    new Failure(
      'database-is-proxy',
      `The admin secret names an RDS Proxy (${admin.host}), behind which lock and idle proof do not see who is connected; name the endpoint of the cluster or instance itself there.`,
    ),
  ];
}

/** What an operator should know when OpenEMR itself logs in through one. */
export function proxyNotices({ host }: { host: string }): string[] {
  if (!isRdsProxy(host)) return [];
  return [
    `OpenEMR connects through an RDS Proxy (${host}): the idle proof sees the sessions that its pool keeps, not those of OpenEMR; give the proxy a secret of each slot's user, or let OpenEMR name the endpoint of the cluster itself`,
  ];
}
