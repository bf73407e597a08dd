/** Where OpenEMR's pages lie in its image. */
export const PAGES = '/var/www/localhost/htdocs/openemr';
/** The claim of openemr-on-eks. */
export const SITES_CLAIM = 'openemr-sites-pvc';
/** Where a container finds what is wrong with it on purpose, in a file of its pod's name, and what the pages do otherwise. */
const TOLD = '/lab/faults';

/** Says to which namespace a volume belongs. */
export const VOLUME_LABEL = 'lab/namespace';

/** The part of a pod template that is translated. */
export interface OpenemrPod {
  containers: { env: Record<string, unknown>[]; [field: string]: unknown }[];
  [field: string]: unknown;
}

/**
 * The pod of the lab's OpenEMR as a real kubelet runs it: its folder comes from the claim, what is wrong with it from a
 * folder of the machine, and it has two seconds between its leaving the rotation and its end. Pure.
 */
export function realPod(pod: OpenemrPod, faults: string): OpenemrPod {
  return {
    ...pod,
    containers: pod.containers.map((container) => ({
      ...container,
      imagePullPolicy: 'Never',
      env: [
        ...container.env.map((variable) =>
          variable['name'] === 'OPENEMR_SITES'
            ? { name: 'OPENEMR_SITES', value: `${PAGES}/sites` }
            : variable,
        ),
        { name: 'LAB_TOLD', value: TOLD },
        { name: 'LAB_POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
      lifecycle: { preStop: { sleep: { seconds: 2 } } },
      volumeMounts: [
        { name: 'sites', mountPath: `${PAGES}/sites` },
        { name: 'faults', mountPath: TOLD, readOnly: true },
      ],
    })),
    volumes: [
      { name: 'sites', persistentVolumeClaim: { claimName: SITES_CLAIM } },
      { name: 'faults', hostPath: { path: faults, type: 'DirectoryOrCreate' } },
    ],
  };
}

/** A volume on this machine that is bound to one claim, and that claim. Pure. */
export function claimObjects(
  namespace: string,
  name: string,
  folder: string,
): { volume: Record<string, unknown>; claim: Record<string, unknown> } {
  const volumeName = `${namespace}-${name}`;
  const common = { accessModes: ['ReadWriteMany'], storageClassName: '' };
  return {
    volume: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName, labels: { [VOLUME_LABEL]: namespace } },
      spec: {
        ...common,
        capacity: { storage: '1Gi' },
        hostPath: { path: folder },
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace, name },
      },
    },
    claim: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { ...common, volumeName, resources: { requests: { storage: '1Gi' } } },
    },
  };
}
