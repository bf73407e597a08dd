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

/** The fields of OpenEMR's login form have had these names in all versions. */
const LOGIN_PAGE = <<<'HTML'
    <!DOCTYPE html>
    <title>OpenEMR Login</title>
    <form method="post" id="login_form" action="../main/main_screen.php?auth=login&amp;site=default">
    <input type="text" name="authUser"><input type="password" name="clearPass">
    </form>

    HTML;

/** An error of the application itself. */
class BrokenPage extends Error
{
}

/** Some pages are broken for some logins, by `site.pages()`; the login page never is, so that the pods stay ready. */
function refuse_login(string $login): void
{
    if (in_array($login, switches()['refuses'] ?? [], true)) {
        throw new BrokenPage('this page is broken for this login');
    }
}

/** A patient's page: reads and writes with the account of sqlconf.php. */
function patient_page(): never
{
    if (getenv('LAB_FAULT') === 'broken') {
        answer(500, 'text/plain', "fault of the lab: broken\n");
    }
    $sqlconf = load_sqlconf();
    refuse_login($sqlconf['login']);
    $db = connect_as_configured($sqlconf);
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

/** What a fault on the health path makes of the page, whatever OpenEMR is like; `page-ready` is newer versions' form. */
function faulty_health(string $fault): void
{
    match ($fault) {
        'health-500' => answer_json(500, ['error' => 'fault of the lab']),
        'health-404' => answer(404, 'text/html', "<h1>Not Found</h1>\n"),
        'health-error', 'broken' => answer_json(200, ['status' => 'error', 'message' => 'fault of the lab']),
        'health-html' => answer(200, 'text/html', "<h1>Unable to connect</h1> mysqli (HY000/2002): fault of the lab\n"),
        'not-installed' => answer_json(200, ['status' => 'setup_required', 'checks' => ['installed' => false]]),
        'login-page' => answer(200, 'text/html', "<title>Sign in</title><form>E-mail</form>\n"),
        default => null,
    };
}

/**
 * `meta/health/readyz` as OpenEMR's HealthChecker answers: with 200 always. An installed OpenEMR of the pinned line says
 * setup_required (openemr/openemr#13202), and `oauth_keys` is false until the API is used (openemr/openemr#8069).
 */
function readyz(): never
{
    $fault = getenv('LAB_FAULT');
    faulty_health($fault);
    $newer = $fault === 'page-ready';
    try {
        $sqlconf = load_sqlconf();
        refuse_login($sqlconf['login']);
        $db = connect_as_configured($sqlconf);
        $database = $db->query('SELECT pid FROM patient_data LIMIT 1') !== false;
        $db->close();
    } catch (RuntimeException $reason) {
        error_log($reason->getMessage());
        // What PHP reports as a failed connection ends the script in its own words; a refused login is an exception.
        if (str_contains($reason->getMessage(), 'login failed: 2')) {
            answer(200, 'text/html', "<h1>Unable to connect</h1>\n" . htmlspecialchars($reason->getMessage()) . "\n");
        }
        answer_json(200, ['status' => 'error', 'message' => $reason->getMessage()]);
    }
    $installed = $newer && $sqlconf['installed'];
    answer_json(200, [
        'status' => $installed ? 'ready' : 'setup_required',
        'checks' => [
            'installed' => $installed,
            'database' => $database && $fault !== 'health-database',
            'filesystem' => $fault !== 'health-filesystem',
            'session' => true,
            'oauth_keys' => $newer,
            'cache' => true,
        ],
    ]);
}

try {
    match (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
        '/' => patient_page(),
        '/interface/login/login.php' => login_page(),
        '/meta/health/readyz' => readyz(),
        '/meta/health/livez' => answer_json(200, ['status' => 'alive']),
        default => answer(404, 'text/plain', "not found\n"),
    };
} catch (Throwable $reason) {
    answer(500, 'text/plain', $reason->getMessage() . "\n");
}
