import { get } from 'node:http';

/** True when `path` answers with a status from 200 to 399 within `timeoutMs`, as the real kubelet judges it. */
export function httpProbe(port: number, path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      headers: { 'user-agent': 'kube-probe/lab' },
    };
    const sent = get(options, (reply) => {
      reply.resume();
      reply.on('end', () => resolve((reply.statusCode ?? 0) >= 200 && (reply.statusCode ?? 0) < 400));
      reply.on('error', () => resolve(false));
    });
    sent.setTimeout(timeoutMs, () => sent.destroy());
    sent.on('error', () => resolve(false));
    sent.on('close', () => resolve(false));
  });
}
