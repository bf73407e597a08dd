<?php
/* One pod of OpenEMR, as far as a rotation can see it: the login page, the health path, and pages with data. */

declare(strict_types=1);

require __DIR__ . '/openemr.php';

/** Answers and ends. */
function answer(int $status, string $type, string $body): never
{
    http_response_code($status);
    header("Content-Type: $type");
    echo $body;
    exit;
}

function answer_json(int $status, array $body): never
{
    answer($status, 'application/json', json_encode($body, JSON_UNESCAPED_SLASHES) . "\n");
}

const LOGIN_PAGE = "<!DOCTYPE html>\n<title>OpenEMR Login</title>\n<form method=\"post\">Username, password</form>\n";

/** A patient's page: reads and writes with the account of sqlconf.php. */
function patient_page(): never
{
    $db = connect_as_configured(load_sqlconf());
    $found = query($db, 'SELECT fname, lname FROM patient_data ORDER BY pid LIMIT 1')->fetch_assoc();
    query($db, "INSERT INTO log (event, user) VALUES ('view', CURRENT_USER())");
    $db->close();
    answer(200, 'text/plain', "Patient: {$found['fname']} {$found['lname']}\n");
}

/** Readiness as the Deployment asks for it: the login page, which needs the database. */
function login_page(): never
{
    if (getenv('LAB_FAULT') === 'never-ready') {
        answer(503, 'text/plain', "fault of the lab: never ready\n");
    }
    $db = connect_as_configured(load_sqlconf());
    query($db, 'SELECT 1');
    $db->close();
    answer(200, 'text/html', LOGIN_PAGE);
}

/** The health path of OpenEMR's own API. */
function health(): never
{
    $fault = getenv('LAB_FAULT');
    if ($fault === 'health-500') {
        answer_json(500, ['error' => 'fault of the lab']);
    }
    if ($fault === 'login-page') {
        answer(200, 'text/html', LOGIN_PAGE);
    }
    $checks = ['installed' => false, 'database' => false];
    try {
        $sqlconf = load_sqlconf();
        $checks['installed'] = $sqlconf['installed'];
        $db = connect_as_configured($sqlconf);
        query($db, 'SELECT pid FROM patient_data LIMIT 1');
        $db->close();
        $checks['database'] = true;
    } catch (RuntimeException $reason) {
        error_log($reason->getMessage());
    }
    $good = $checks['installed'] && $checks['database'];
    answer_json($good ? 200 : 503, ['status' => $good ? 'ready' : 'unavailable', 'checks' => $checks]);
}

try {
    match (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
        '/' => patient_page(),
        '/interface/login/login.php' => login_page(),
        '/meta/health/readyz' => health(),
        '/meta/health/livez' => answer_json(200, ['status' => 'alive']),
        default => answer(404, 'text/plain', "not found\n"),
    };
} catch (Throwable $reason) {
    answer(500, 'text/plain', $reason->getMessage() . "\n");
}
