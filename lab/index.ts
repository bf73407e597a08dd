export { startLab } from './lab';
export { STARTING_POINTS } from './types';
export type { Lab, LabOptions, Site, SiteOptions, SqlConfValues, StartingPoint } from './types';
export type { AwsFault, AwsRequest } from './servers/aws-proxy';
export type { Flavour } from './servers/database';
export type { PodFault } from './kubelet/pod';
export type { Canary, CanaryOptions, CanaryResult } from './traffic/canary';
export type { Load, LoadOptions, LoadResult } from './traffic/load';
