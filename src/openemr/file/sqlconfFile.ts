/**
 * OpenEMR's `sqlconf.php` as a file: read, checked, and switched in one step, so that no reader ever sees half of it.
 * Nothing here looks into the content.
 */
export { SqlconfFileError } from './errors';
export type { SqlconfFileProblem } from './errors';
export { removeCanaryFiles, writeCanaryFile } from './canaryFile';
export { readCopies } from './copies';
export { readOtherFiles } from './otherFiles';
export type { OtherFile } from './otherFiles';
export { hasHangingFileAccess, limitFileAccess } from './limit';
export { fixPermissions } from './permissions';
export { checkWritable } from './preflight';
export { readSqlconf } from './read';
export type { SqlconfFile } from './read';
export { cleanUp, writeSqlconf } from './write';
