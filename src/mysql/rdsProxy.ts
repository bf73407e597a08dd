/**
 * Whether a host is an endpoint of an RDS Proxy, by its name: `<name>.proxy-<id>.<region>.rds.amazonaws.com`, or
 * `<endpoint>.endpoint.proxy-…` (docs.aws.amazon.com, "Connecting to a database through RDS Proxy").
 */
export function isRdsProxy(host: string): boolean {
  return /^[^.]+\.(endpoint\.)?proxy-[^.]+\.[^.]+\.rds\.amazonaws\.com(\.cn)?$/i.test(host);
}
