import type { SqlconfField } from '../../../../src/openemr/php/fields';

/** A file of the corpus, and what must become of it. `line` is where the first problem lies. */
export interface CorpusCase {
  name: string;
  bytes: Buffer;
  expected: 'parsed' | 'refused';
  field?: SqlconfField;
  line?: number;
}

/** OpenEMR's own file, as its installer writes it. */
export const openemrFile = `<?php
//  OpenEMR
//  MySQL Config

global $disable_utf8_flag;
$disable_utf8_flag = false;

$host   = 'localhost';
$port   = '3306';
$login  = 'openemr';
$pass   = 'open-sesame';
$dbase  = 'openemr';
$db_encoding = 'utf8mb4';

$sqlconf = array();
global $sqlconf;
$sqlconf["host"]= $host;
$sqlconf["port"] = $port;
$sqlconf["login"] = $login;
$sqlconf["pass"] = $pass;
$sqlconf["dbase"] = $dbase;
$sqlconf["db_encoding"] = $db_encoding;

//////////////////////////
//////////////////////////
//////////////////////////
//////DO NOT TOUCH THIS///
$config = 1; /////////////
//////////////////////////
//////////////////////////
//////////////////////////
?>
`;

const passLine = "$pass   = 'open-sesame';";

/** OpenEMR's file with its line of the password changed. */
export function withPass(line: string): string {
  return openemrFile.replace(passLine, () => line);
}

/** OpenEMR's file with lines put in after its last value (line 14). */
function withMore(lines: string): string {
  return openemrFile.replace("$db_encoding = 'utf8mb4';", (line) => `${line} ${lines}`);
}

const bare = "$host='h'; $port='1'; $login='l'; $pass='p'; $dbase='d';";

function parsed(name: string, text: string | Buffer): CorpusCase {
  return { name, bytes: Buffer.from(text as string), expected: 'parsed' };
}

function refused(name: string, text: string | Buffer, line?: number, field?: SqlconfField): CorpusCase {
  const bytes = Buffer.from(text as string);
  return { name, bytes, expected: 'refused', ...(line !== undefined && { line }), ...(field && { field }) };
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

const layouts: CorpusCase[] = [
  parsed("OpenEMR's own file", openemrFile),
  parsed('CRLF', openemrFile.replaceAll('\n', '\r\n')),
  parsed('byte order mark', `\ufeff${openemrFile}`),
  parsed('no newline at the end', openemrFile.trimEnd()),
  parsed('no closing tag', openemrFile.replace('?>\n', '')),
  parsed('text after the closing tag', `${openemrFile}text $pass = 'no'; <b>`),
  parsed('text and an echo tag after the closing tag', `${openemrFile}<?= $config ?>`),
  parsed('everything on one line', `<?php ${bare}`),
  parsed('nothing between the tokens', `<?php $host='h';$port=1;$login='l';$pass='p';$dbase='d'?>`),
  parsed('indented with tabs', openemrFile.replace(/^\$/gm, '\t\t$')),
  parsed('Latin-1 bytes in a comment', latin1(withPass("$pass = 'open-sesame'; // gesch\xe4ftlich"))),
  parsed('strict types', `<?php declare(strict_types=1); ${bare}`),
  parsed('namespace', `<?php namespace Site\\Default; ${bare}`),
  parsed('no array at all', `<?php\n${bare}\n`),
  parsed('a missing port', withPass(passLine).replace("$port   = '3306';\n", '')),
  parsed('a missing port, its entry missing too', openemrFile.replace(/^.*port.*\n/gm, '')),
  parsed(
    'entries with values of their own',
    `<?php $sqlconf["host"]='h'; $sqlconf["port"]='1'; $sqlconf["login"]='l';
    $sqlconf["pass"]='it\\'s'; $sqlconf["dbase"]="d";`,
  ),
  parsed(
    'an array literal',
    `<?php $sqlconf = ['host' => 'h', "port" => 3307, 'login' => 'l', 'pass' => 'p', 'dbase' => 'd'];`,
  ),
  parsed(
    'a block for TLS',
    withMore(`
    if (getenv('MYSQL_SSL') && file_exists(__DIR__ . '/documents/certificates/mysql-ca')) {
      $sqlconf['ssl'] = array('ca' => __DIR__ . "/documents/certificates/mysql-ca", PDO::ATTR_TIMEOUT => 5);
      define('DB_DSN', "mysql:host=$host;dbname={$dbase}");
    } elseif (!isset($tls)) { $tls = null; } else { foreach ([1, 2] as $n) { $tls[] = $n; } }`),
  ),
  parsed('a return at the end', openemrFile.replace('?>', 'return;')),
  parsed('a value of another case', withMore("$Pass = 'no'; $PASS = 'no'; $password = 'no';")),
  parsed('reading the values', withMore("$copy = $pass; echo '' . strlen($pass); isset($host);")),
  parsed('a changed global of another name', withMore("$GLOBALS['other'] = 1;")),
];

/** Forms that do nothing to the login. */
const harmless: CorpusCase[] = [
  parsed('an empty array in brackets', openemrFile.replace('array()', '[]')),
  parsed('a constant', withMore("const SITE_NAME = 'a' . 'b', SITE_PORT = 1;")),
  parsed(
    'a use',
    openemrFile
      .replace('global $disable', 'use OpenEMR\\Common\\Foo; use A\\{B as C};\nglobal $disable')
      .replace(' use A\\{B as C};', ' use A\\B as C;'),
  ),
  parsed(
    'a function',
    withMore(
      "if (!function_exists('site')) { function site(&$pass) { $pass = '}' . \"{$pass}\"; /* } */ return 1 & 2; } }",
    ),
  ),
  parsed(
    'a heredoc elsewhere',
    withMore('$a = <<<EOT\nit\'s $ none: "text" /* // <?php ?>\nEOT;\n'.replace('$ none', 'none')),
  ),
  parsed('a heredoc in quotes', withMore('$a = <<<"EOT"\n\nEOTs EOT\nEOT;\n')),
  parsed('a nowdoc elsewhere', withMore("$a = <<<'EOT'\n$pass = 'no';\n\\EOT\nEOT . 'x';\n")),
  parsed('an empty heredoc', withMore('$a = <<<E\nE;\n')),
  parsed(
    'mysqli_report',
    withMore('mysqli_report(MYSQLI_REPORT_OFF); mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);'),
  ),
  parsed('a guard', withMore("defined('PHP_VERSION') or die('no'); defined('PHP_VERSION') || exit;")),
  parsed(
    'a guard in an if',
    withMore("if (!defined('PHP_VERSION')) { exit('no'); } if (!\\defined('PHP_VERSION')) die;"),
  ),
  parsed(
    'unset at the end',
    openemrFile.replace('$config = 1;', 'unset($host, $port, $login, $pass, $dbase); $config = 1;'),
  ),
  parsed(
    'variables from the array',
    `<?php $sqlconf = ['host' => 'h', 'port' => '1', 'login' => 'l', 'pass' => 'p', 'dbase' => 'd'];
    $host = $sqlconf['host']; $pass = $sqlconf["pass"];`,
  ),
];

const values: CorpusCase[] = [
  parsed('empty', withPass("$pass = '';")),
  parsed('escaped single quote', withPass("$pass = 'it\\'s';")),
  parsed('escaped backslash', withPass("$pass = 'a\\\\';")),
  parsed('backslashes that are none', withPass("$pass = 'a\\n\\x41\\$b';")),
  parsed('double quotes', withPass('$pass = "open-sesame";')),
  parsed('dollar in double quotes', withPass('$pass = "a$ b$1 $";')),
  parsed('escaped dollar', withPass('$pass = "\\$host{\\$a} {";')),
  refused('an open brace', withPass('$pass = "a{$";'), 11),
  parsed(
    'all escapes',
    withPass('$pass = "\\n\\t\\v\\e\\f\\r\\\\\\$\\"\\0\\61\\101\\501\\x41\\X4a\\u{e4}\\u{1F511}\\q\\u\\x";'),
  ),
  parsed('a newline inside', withPass("$pass = 'a\nb\r\nc';")),
  parsed('a NUL byte', withPass("$pass = 'a\0b';")),
  parsed('PHP tags inside', withPass("$pass = '?> <?php // /* <?= # ';")),
  parsed('UTF-8', withPass("$pass = 'pässwörd🔑';")),
  parsed('in brackets', withPass("$pass = ('open-sesame');")),
  parsed('comment after', withPass(`$pass = 'open-sesame'; // was: $pass = 'old';`)),
  parsed(
    'a comment that ends at the closing tag',
    withPass("$pass = 'open-sesame'; // it's ?> it's <?php $x = 1; # ?> \" <?php"),
  ),
  parsed('comments between', withPass(`$pass /* = 'a' */ = # 'b'\n 'open-sesame' // 'c'\n ;`)),
  parsed('unquoted port', openemrFile.replace("'3306'", '3306')),
  refused('Latin-1 in the value', latin1(withPass("$pass = 'p\xe4ss';")), 11, 'pass'),
  refused('a surrogate', withPass('$pass = "\\u{D800}";'), 11, 'pass'),
  refused('interpolation', withPass('$pass = "a$host";'), 11, 'pass'),
  refused('braced interpolation', withPass('$pass = "a{$host}";'), 11, 'pass'),
  refused('old interpolation', withPass('$pass = "a${host}";'), 11, 'pass'),
  refused('heredoc', withPass('$pass = <<<EOT\nsecret\nEOT;'), 11),
  refused('nowdoc', withPass("$pass = <<<'EOT'\nsecret\nEOT;"), 11),
  parsed('concatenation', withPass("$pass = 'sec' . 'ret';")),
  parsed('concatenation over lines, of both quotes', withPass(`$pass = 'it\\'s' .\n  "a\\n" . 'ret';`)),
  refused('concatenation with a comment between', withPass("$pass = 'sec' /* no */ . 'ret';"), 11, 'pass'),
  refused('concatenation in brackets', withPass("$pass = 'sec' . ('r' . 'et');"), 11, 'pass'),
  refused('concatenation with a number', withPass("$pass = 'sec' . 1;"), 11, 'pass'),
  parsed('a port made a number', openemrFile.replace("'3306'", "(int) '3306'")),
  parsed('a port made an integer', openemrFile.replace("'3306'", '(integer)3306')),
  refused(
    'a port made a number from what is none',
    openemrFile.replace("'3306'", "(int) '3306x'"),
    9,
    'port',
  ),
  refused('a password made a number', withPass("$pass = (int) '123';"), 11, 'pass'),
  parsed('a text made a text', withPass("$pass = (string) 'open-sesame';")),
  refused('$_ENV', withPass("$pass = $_ENV['PASS'];"), 11, 'pass'),
  refused('a file', withPass("$pass = trim(file_get_contents('/run/secrets/pass'));"), 11, 'pass'),
  refused('getenv', withPass("$pass = getenv('PASS');"), 11, 'pass'),
  refused('getenv with a default', withPass("$pass = getenv('PASS') ?: 'open-sesame';"), 11, 'pass'),
  refused('a constant', withPass("define('PW', 'open-sesame'); $pass = PW;"), 11, 'pass'),
  refused('ternary', withPass("$pass = true ? 'a' : 'b';"), 11, 'pass'),
  refused('a binary prefix', withPass("$pass = b'open-sesame';"), 11, 'pass'),
  refused('null', withPass('$pass = null;'), 11, 'pass'),
  refused('an octal port', openemrFile.replace("'3306'", '03306'), 9, 'port'),
  refused('a hexadecimal port', openemrFile.replace("'3306'", '0xcea'), 9, 'port'),
  refused('a port with separators', openemrFile.replace("'3306'", '3_306'), 9, 'port'),
  refused('a negative port', openemrFile.replace("'3306'", '-1'), 9, 'port'),
  refused('missing password', openemrFile.replace(/^.*pass.*\n/gm, ''), undefined, 'pass'),
  refused('missing password, its entry stays', withPass(''), undefined, 'pass'),
];

const changes: [string, string][] = [
  ['two assignments', "$pass = 'other';"],
  ['in an if', "if (getenv('X')) { $pass = 'other'; }"],
  ['in an if without braces', "if (getenv('X')) $pass = 'other';"],
  ['in an expression', "getenv('X') && $pass = 'other';"],
  ['in a condition', "if ($pass = 'other') {}"],
  ['in a chain', "$a = $pass = 'other';"],
  ['in an echo', "echo $pass = 'other';"],
  ['compound', "$pass .= 'x';"],
  ['coalescing', "$pass ??= 'x';"],
  ['increment', '$pass++;'],
  ['one character', "$pass[0] = 'x';"],
  ['list', "list($a, $pass) = ['x', 'y'];"],
  ['short list', "[$a, [$pass]] = ['x', ['y']];"],
  ['reference', "$a = &$pass; $a = 'x';"],
  ['reference in an array', "$a = [&$pass]; $a[0] = 'x';"],
  ['foreach value', "foreach (['x'] as $pass) {}"],
  ['foreach key', "foreach (['x'] as $pass => $v) {}"],
  ['foreach by reference', "$a = ['x']; foreach ($a as &$v) {}"],
  ['unset', 'unset($pass);'],
  ['unset of a part', 'unset($pass[0]);'],
  ['unset in an if', 'if (getenv("X")) unset($pass);'],
  ['unset of an entry', "unset($sqlconf['pass']);"],
  ['extract', "extract(['pass' => 'x']);"],
  ['parse_str', "parse_str('pass=x', $a);"],
  ['a function of its own', "function f() { global $pass; $pass = 'x'; } f();"],
  ['a closure', "(function () use (&$pass) { $pass = 'x'; })();"],
  ['an arrow function', '$f = fn() => $pass;'],
  ['a method', 'Foo::bar();'],
  ['a new object', '$a = new ArrayObject();'],
  ['a variable function', "$f = 'extract'; $f(['pass' => 'x']);"],
  ['settype', "settype($pass, 'int');"],
  ['a variable variable', "$n = 'pass'; $$n = 'x';"],
  ['a computed name', "${'pass'} = 'x';"],
  ['GLOBALS', "$GLOBALS['pass'] = 'x';"],
  ['GLOBALS with a computed name', "$n = 'pass'; $GLOBALS[$n] = 'x';"],
  ['global afterwards', 'global $pass;'],
  ['static', 'static $pass;'],
  ['include', "include 'other.php';"],
  ['require_once', "require_once 'other.php';"],
  ['eval', "eval('$pass = 1;');"],
  ['goto', 'goto end; end:'],
  ['exit', 'exit;'],
  ['conditional return', "if (getenv('X')) return;"],
  ['return', 'return;'],
  ['try', "try { $pass = 'x'; } catch (Exception $e) {}"],
  ['while', 'while (false) { $pass = 1; }'],
  ['switch', "switch (1) { case 1: $pass = 'x'; }"],
  ['match', "$a = match(1) { 1 => 'x' };"],
  ['a shell command', '$a = `id`;'],
  ['an attribute', '#[A] $x = 1;'],
  ['ticks', 'declare(ticks=1);'],
  ['a class', 'class A {}'],
  ['throw', 'throw new Exception();'],
  ['halt', '__halt_compiler();'],
  ['a heredoc with a variable', '$a = <<<E\n$host\nE;\n'],
  ['a heredoc that is indented', '$a = <<<E\n  a\n  E;\n'],
  ['a heredoc that ends early', '$a = <<<E\nE $pass = 1;\nE;\n'],
  ['a function of the name of another', 'function getenv() {}'],
  ['a magic function', 'function __autoload($a) {}'],
  ['a use of a function', 'use function A\\getenv;'],
  ['a constant in an if', "if (getenv('X')) { const A = 1; }"],
  ['a constant that is true', 'const TRUE = 1;'],
  ['a constant that is computed', 'const A = getenv("X");'],
  ['a guard by a value', 'getenv("X") or die;'],
  ['a stray ampersand', '&'],
  ['a stray backslash', '$x = __DIR__\\ ;'],
  ['a broken escape in another text', '$x = "\\u{";'],
  ['an entry with a value of its own', "$sqlconf['pass'] = 'x';"],
  ['an entry with a computed name', "$n = 'pass'; $sqlconf[$n] = 'x';"],
  ['an entry without a name', "$sqlconf[] = 'x';"],
  ['an entry before its value', "$sqlconf['x'] = 1; $sqlconf['pass'] = $host;"],
];

const others: CorpusCase[] = [
  ...changes.map(([name, line]) => refused(`changed: ${name}`, withMore(line))),
  refused('the array emptied afterwards', openemrFile.replace('$config = 1;', '$sqlconf = array();')),
  refused('the array global afterwards', openemrFile.replace('$config = 1;', 'global $sqlconf;')),
  refused('an array made by a function', openemrFile.replace('array()', 'array_merge([])')),
  refused('an entry that takes its value too early', `<?php $sqlconf['pass'] = $pass; ${bare}`),
  refused('an entry with another value', openemrFile.replace('= $pass;', '= $login;')),
  refused('entries for some values only', `<?php ${bare} $sqlconf['host'] = $host;`),
  refused(
    'the same entry twice in an array literal',
    "<?php $sqlconf=['host'=>'a','host'=>'b','login'=>'l','pass'=>'p','dbase'=>'d'];",
  ),
  refused('a spread array', '<?php $a=[]; $sqlconf=[...$a];'),
  refused('in UTF-16', Buffer.from(`\ufeff${openemrFile}`, 'utf16le')),
  refused('in UTF-16 without a mark', Buffer.from(openemrFile, 'utf16le')),
  refused('in UTF-16, big-endian', Buffer.from(openemrFile, 'utf16le').swap16()),
  refused('a function in a namespace', `<?php namespace A; function f() {} ${bare}`),
  refused('two uses of one name', `<?php use A\\B; use C\\B; ${bare}`),
  refused(
    'unset before the array has the value',
    openemrFile.replace('$sqlconf = array();', 'unset($pass); $sqlconf = [];'),
  ),
  refused(
    'a variable from another entry',
    `<?php $sqlconf = ['host'=>'h','login'=>'l','pass'=>'p','dbase'=>'d']; $pass = $sqlconf['login'];`,
  ),
  refused('a short opening tag', `<? ${bare}`),
  refused('no PHP at all', 'pass = secret\n'),
  refused('an empty file', ''),
  refused('a value only in a comment', withPass("// $pass = 'open-sesame';"), undefined, 'pass'),
  refused('a value only outside the tags', `<?php $x=1; ?>${bare}`),
  refused('a broken file', withPass("$pass = 'open-sesame'"), 12),
  refused('a quote that is never closed', withPass("$pass = 'secret;")),
  refused('a last statement without a semicolon', `<?php ${bare} $x = 1`),
  refused('a last statement that is a text', `<?php ${bare} 'x'`),
  refused('a comment that is never closed', openemrFile.replace('?>', '/*')),
  refused('strict types after text', `text <?php declare(strict_types=1); ${bare}`),
  refused('a namespace that is not first', `<?php ${bare} namespace A;`),
  refused('braces as brackets', openemrFile.replace('$sqlconf["pass"]', '$sqlconf{"pass"}')),
  refused('a literal in a JSON file', '{"pass": "open-sesame"}'),
];

export const corpus: CorpusCase[] = [...layouts, ...harmless, ...values, ...others];
