<?php
// Evaluates PHP files as OpenEMR does, by include: once inside a function and once at file level.
// Standard input: one base64 text per line, each a file. Standard output: one JSON line for each.
ini_set('display_errors', '0');
ini_set('log_errors', '0');
error_reporting(0);
$__names = ['host', 'port', 'login', 'pass', 'dbase'];
$__file = tempnam(sys_get_temp_dir(), 'evaluate');
register_shutdown_function(function () use ($__file) {
    @unlink($__file);
    stream_get_contents(STDIN); // whoever writes to us must not get a broken pipe when a file ends this process
});

function __pack($variables, $names) {
    $encode = fn($value) => is_string($value) || is_int($value)
        ? base64_encode((string) $value)
        : ($value === null ? null : '!' . gettype($value));
    $array = $variables['sqlconf'] ?? null;
    $result = ['variables' => [], 'array' => is_array($array) ? [] : null];
    foreach ($names as $name) {
        $result['variables'][$name] = $encode($variables[$name] ?? null);
        if (is_array($array)) $result['array'][$name] = $encode($array[$name] ?? null);
    }
    return $result;
}

function __evaluate($__file, $__names) {
    include $__file;
    return __pack(get_defined_vars(), $__names);
}

function __forget() {
    foreach (array_keys($GLOBALS) as $name) {
        if (!str_starts_with($name, '_') && !in_array($name, ['argc', 'argv'])) unset($GLOBALS[$name]);
    }
}

while (($__line = fgets(STDIN)) !== false) {
    file_put_contents($GLOBALS['__file'], base64_decode(trim($__line)));
    ob_start();
    try {
        __forget();
        $__functions = count(get_defined_functions()['user']);
        $__inside = __evaluate($GLOBALS['__file'], $GLOBALS['__names']);
        $__defines = count(get_defined_functions()['user']) > $__functions;
        __forget();
        // No file that defines a function can be included twice.
        if (!$__defines) include $GLOBALS['__file'];
        $__outside = $__defines ? $__inside : __pack($GLOBALS, $GLOBALS['__names']);
        $__answer = $__inside == $__outside ? $__inside : ['error' => 'depends on the scope'];
    } catch (Throwable $__error) {
        $__answer = ['error' => get_class($__error)];
    }
    while (ob_get_level() > 0) ob_end_clean();
    fwrite(STDOUT, json_encode($__answer) . "\n");
    if ($__defines ?? false) exit(77);
    $__defines = false;
}
