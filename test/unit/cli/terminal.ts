import { spawn } from 'node:child_process';

/** How a command ended on a terminal, and everything that it wrote there. */
export interface TerminalRun {
  code: number | null;
  screen: string;
}

/** Size of the terminal. */
export const [rows, columns] = [40, 120];

/** Runs what is after the size and the answers on a pseudo-terminal; writes each answer when its prompt is there. */
const driver = String.raw`
import fcntl, json, os, pty, struct, sys, termios
rows, columns, answers, command = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    os.execv(command[0], command)
screen = b''
seen = 0
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    screen += data
    at = screen.find(answers[0][0].encode(), seen) if answers else -1
    if at >= 0:
        seen = at + 1
        os.write(terminal, answers.pop(0)[1].encode())
status = os.waitpid(pid, 0)[1]
sys.stdout.buffer.write(screen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status))
`;

/** Runs a program on a real terminal. @param command its absolute path, and its arguments; @param answers what is typed when a text stands there, in order */
export function runOnTerminal(
  command: readonly string[],
  { env, cwd }: { env: Record<string, string>; cwd?: string },
  answers: readonly (readonly [prompt: string, typed: string])[] = [],
): Promise<TerminalRun> {
  const job = JSON.stringify([rows, columns, answers, command]);
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', driver, job], { env, cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, screen }));
  });
}
