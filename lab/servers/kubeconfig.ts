/** A kubeconfig of one cluster and one user with a bearer token. JSON, which is YAML too. */
export function kubeconfig(options: {
  server: string;
  caFile: string;
  token: string;
  namespace?: string;
}): string {
  const { server, caFile, token, namespace = 'default' } = options;
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'lab', user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab', namespace } }],
    'current-context': 'lab',
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
