import { execFileSync } from 'node:child_process';
import { tools } from '../../../lab/package';

/** What PHP's and Python's own functions make of texts, by the name of the function. */
export function encodedElsewhere(texts: readonly string[]): Record<string, string[]> {
  const input = JSON.stringify(texts.map((text) => Buffer.from(text, 'utf8').toString('base64')));
  const run = (file: string, args: string[]): Record<string, string[]> => {
    const output = JSON.parse(
      execFileSync(file, args, { input, encoding: 'utf8', maxBuffer: 1024 ** 3 }),
    ) as Record<string, string[]>;
    return Object.fromEntries(
      Object.entries(output).map(([name, each]) => [
        name,
        each.map((text) => Buffer.from(text, 'base64').toString('utf8')),
      ]),
    );
  };
  return { ...run(tools().php, ['-r', php]), ...run('python3', ['-c', python]) };
}

const php = String.raw`
$inside = fn($text) => substr($text, 1, -1);
$encoders = [
  'PHP json_encode' => fn($text) => $inside(json_encode($text)),
  'PHP json_encode, twice' => fn($text) => $inside(json_encode($inside(json_encode($text)))),
  'PHP json_encode with all its HEX flags' => fn($text) => $inside(json_encode($text, JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT)),
  'PHP urlencode' => 'urlencode',
  'PHP rawurlencode' => 'rawurlencode',
  'PHP rawurlencode, twice' => fn($text) => rawurlencode(rawurlencode($text)),
  'PHP addslashes' => 'addslashes',
  'PHP htmlspecialchars' => fn($text) => htmlspecialchars($text),
  'PHP bin2hex' => 'bin2hex',
  'PHP bin2hex in upper case' => fn($text) => strtoupper(bin2hex($text)),
  'PHP json_encode of base64_encode' => fn($text) => $inside(json_encode(base64_encode($text))),
  'PHP urlencode of base64_encode' => fn($text) => urlencode(base64_encode($text)),
];
$texts = array_map('base64_decode', json_decode(stream_get_contents(STDIN)));
echo json_encode(array_map(fn($encode) => array_map(fn($text) => base64_encode($encode($text)), $texts), $encoders));
`;

const python = String.raw`
import base64, html, json, shlex, sys, urllib.parse
inside = lambda text: json.dumps(text)[1:-1]
encoders = {
  'Python json.dumps': inside,
  'Python json.dumps, three times': lambda text: inside(inside(inside(text))),
  'Python repr': lambda text: repr(text)[1:-1],
  'Python repr of bytes': lambda text: repr(text.encode())[2:-1],
  'Python quote': urllib.parse.quote,
  'Python quote_plus': urllib.parse.quote_plus,
  'Python html.escape': html.escape,
  'Python shlex.quote': lambda text: shlex.quote('x ' + text + ' x')[3:-3],
  'Python urlsafe_b64encode': lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
  'Python b64encode': lambda text: base64.b64encode(text.encode()).decode(),
  'Python b64encode without padding': lambda text: base64.b64encode(text.encode()).decode().rstrip('='),
}
texts = [base64.b64decode(text).decode() for text in json.load(sys.stdin)]
print(json.dumps({name: [base64.b64encode(encode(text).encode()).decode() for text in texts] for name, encode in encoders.items()}))
`;
