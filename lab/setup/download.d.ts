/** See download.js. */
export function download(url: string, file: string): Promise<void>;
export function downloadChecked(url: string, file: string): Promise<void>;
