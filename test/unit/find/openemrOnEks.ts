import type { V1CronJob, V1Deployment, V1EnvVar, V1Ingress, V1Service } from '@kubernetes/client-node';
import type { Observed } from '../../../src/find/observed';
import { openemrDeployments } from '../../../src/find/deployments';

const database = 'openemr-db-credentials';
const fromSecret = (name: string, key: string, secret = database): V1EnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});

/** A Deployment as openemr-on-eks deploys it (k8s/deployment.yaml), as far as a rotation looks into it. */
export function deployment(
  changes: { name?: string; namespace?: string; image?: string; env?: V1EnvVar[] } = {},
): V1Deployment {
  const { name = 'openemr', namespace = 'openemr', image = 'openemr/openemr:7.0.4' } = changes;
  const env = changes.env ?? [
    fromSecret('MYSQL_HOST', 'mysql-host'),
    fromSecret('MYSQL_ROOT_USER', 'mysql-user'),
    fromSecret('MYSQL_ROOT_PASS', 'mysql-password'),
    fromSecret('MYSQL_USER', 'mysql-user'),
    fromSecret('MYSQL_PASS', 'mysql-password'),
    { name: 'MYSQL_PORT', value: '3306' },
    fromSecret('REDIS_PASSWORD', 'redis-password', 'openemr-redis-credentials'),
    fromSecret('OE_PASS', 'admin-password', 'openemr-app-credentials'),
  ];
  const volumeMounts = [
    { name: 'openemr-sites', mountPath: '/var/www/localhost/htdocs/openemr/sites' },
    { name: 'openemr-ssl', mountPath: '/etc/ssl' },
  ];
  const volumes = [
    { name: 'db-credentials', secret: { secretName: database } },
    { name: 'openemr-sites', persistentVolumeClaim: { claimName: 'openemr-sites-pvc' } },
    { name: 'openemr-ssl', persistentVolumeClaim: { claimName: 'openemr-ssl-pvc' } },
  ];
  const containers = [
    { name: 'openemr', image, env, volumeMounts },
    { name: 'fluent-bit', image: 'amazon/aws-for-fluent-bit:2.32' },
  ];
  const labels = { app: 'openemr', version: 'v1' };
  return {
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      selector: { matchLabels: { app: 'openemr' } },
      template: { metadata: { labels }, spec: { containers, volumes } },
    },
  };
}

/** k8s/service.yaml: a network load balancer. */
export const service: V1Service = {
  metadata: { name: 'openemr-service', namespace: 'openemr' },
  spec: {
    type: 'LoadBalancer',
    selector: { app: 'openemr' },
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'https', port: 443, protocol: 'TCP' },
    ],
  },
  status: { loadBalancer: { ingress: [{ hostname: 'nlb-1.elb.us-west-2.amazonaws.com' }] } },
};

/** k8s/ingress.yaml: an application load balancer, TLS by annotations alone. */
export const ingress: V1Ingress = {
  metadata: {
    name: 'openemr-ingress',
    namespace: 'openemr',
    annotations: { 'alb.ingress.kubernetes.io/listen-ports': '[{"HTTPS": 443}]' },
  },
  spec: {
    rules: [
      {
        http: {
          paths: [
            {
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name: 'openemr-service', port: { number: 443 } } },
            },
          ],
        },
      },
    ],
  },
  status: { loadBalancer: { ingress: [{ hostname: 'alb-1.us-west-2.elb.amazonaws.com' }] } },
};

/** k8s/credential-rotation-cronjob.yaml: the Python tool's. */
export const cronJob: V1CronJob = {
  metadata: { name: 'credential-rotation', namespace: 'openemr', labels: { app: 'credential-rotation' } },
  spec: {
    schedule: '0 3 1 * *',
    jobTemplate: {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'credential-rotation',
                env: [
                  { name: 'AWS_REGION', value: 'us-west-2' },
                  { name: 'RDS_SLOT_SECRET_ID', value: arn('eks-rds-slots-AbCdEf') },
                  { name: 'RDS_ADMIN_SECRET_ID', value: arn('eks-rds-admin-GhIjKl') },
                  { name: 'OPENEMR_SITES_MOUNT_ROOT', value: '/mnt/openemr-sites' },
                  { name: 'K8S_DEPLOYMENT_NAME', value: 'openemr' },
                  { name: 'OPENEMR_HEALTHCHECK_URL', value: 'https://alb-1/interface/login/login.php' },
                ],
              },
            ],
          },
        },
      },
    },
  },
};

/** The ARN of a secret of this name. */
export function arn(name: string): string {
  return `arn:aws:secretsmanager:us-west-2:111122223333:secret:${name}`;
}

/** `terraform output -json` of openemr-on-eks, as far as it is text. */
export const terraformOutputs = JSON.stringify({
  aurora_endpoint: {
    sensitive: true,
    type: 'string',
    value: 'openemr.cluster-1.us-west-2.rds.amazonaws.com',
  },
  aurora_password: { sensitive: true, type: 'string', value: 'CanaryTerraform1' },
  cluster_endpoint: { sensitive: false, type: 'string', value: 'https://1.gr7.us-west-2.eks.amazonaws.com' },
  credential_rotation_role_arn: {
    sensitive: false,
    type: 'string',
    value: 'arn:aws:iam::111122223333:role/r',
  },
  rds_admin_secret_arn: { sensitive: false, type: 'string', value: arn('eks-rds-admin-GhIjKl') },
  rds_slot_secret_arn: { sensitive: true, type: 'string', value: arn('eks-rds-slots-AbCdEf') },
  availability_zones: { sensitive: false, type: ['list', 'string'], value: ['us-west-2a'] },
});

/** What is seen of that deployment from a workstation that reaches nothing inside the cluster. */
export function observed(changes: Partial<Observed> = {}): Observed {
  const [openemr] = openemrDeployments([deployment()]);
  if (openemr === undefined) throw new Error('the Deployment is not known as OpenEMR');
  const unset = { kind: 'read', value: [] } as const;
  return {
    place: {
      context: 'prod',
      cluster: 'arn:aws:eks:us-west-2:111122223333:cluster/openemr',
      server: 'https://1.gr7.us-west-2.eks.amazonaws.com',
    },
    openemr,
    cronJobs: { ...unset, value: [] },
    services: { kind: 'read', value: [service] },
    ingresses: { kind: 'read', value: [ingress] },
    reachable: new Set(),
    inPod: false,
    secret: {
      kind: 'read',
      value: {
        keys: ['mysql-host', 'mysql-user', 'mysql-password', 'mysql-database'],
        host: 'openemr.cluster-1.us-west-2.rds.amazonaws.com',
      },
    },
    outputs: [],
    sitesFolders: [],
    defaultRegion: undefined,
    listed: undefined,
    ...changes,
  };
}
