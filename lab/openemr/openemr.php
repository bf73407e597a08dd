<?php
/*
 * What the lab's pages share: settings as OpenEMR loads them, and a database login as OpenEMR makes it.
 * mysqli is told not to throw: a page answers with the reason, and a reason never holds the password.
 */

declare(strict_types=1);

mysqli_report(MYSQLI_REPORT_OFF);

/** Folder of the site: sites/default if nothing else is said, shared by all pods. */
function site_folder(): string
{
    return getenv('OPENEMR_SITES') . '/' . (getenv('OPENEMR_SITE') ?: 'default');
}

/**
 * What the pages of this site do otherwise, by `site.pages()`; looked at on each request. The file lies where the lab tells a
 * container what is wrong with it, and beside the sites' folder for a pod that is a process.
 */
function switches(): array
{
    $folder = getenv('LAB_TOLD') ?: dirname(getenv('OPENEMR_SITES'));
    $text = @file_get_contents("$folder/pages.json");
    return $text === false ? [] : json_decode($text, true);
}

/**
 * The settings of sqlconf.php. In mode `cached` they are those of the pod's start, as when an opcode cache or
 * a client of the network file system keeps an old copy; else the file is included on each request.
 */
function load_sqlconf(): array
{
    $file = getenv('OPENEMR_PHP_MODE') === 'cached'
        ? getenv('LAB_SQLCONF_COPY')
        : site_folder() . '/sqlconf.php';
    $sqlconf = null;
    $config = 0;
    if (!@include $file) {
        throw new RuntimeException('sqlconf.php cannot be read');
    }
    if (!is_array($sqlconf)) {
        throw new RuntimeException('sqlconf.php defines no $sqlconf');
    }
    $sqlconf['installed'] = $config === 1;
    return $sqlconf;
}

/**
 * Logs in over TLS, checked against the authority in the site's documents, or without TLS where the site has none. Throws
 * with the server's reason.
 */
function connect(string $host, int $port, string $user, string $password, string $schema): mysqli
{
    $db = mysqli_init();
    $db->options(MYSQLI_OPT_CONNECT_TIMEOUT, 3);
    $tls = switches()['tls'] ?? true;
    if ($tls) {
        $db->options(MYSQLI_OPT_SSL_VERIFY_SERVER_CERT, true);
        $db->ssl_set(null, null, site_folder() . '/documents/certificates/mysql-ca', null, null);
    }
    if (!@$db->real_connect($host, $user, $password, $schema, $port, null, $tls ? MYSQLI_CLIENT_SSL : 0)) {
        throw new RuntimeException("login failed: $db->connect_errno $db->connect_error");
    }
    return $db;
}

/** Logs in as sqlconf.php says, and calls the routine that every page of the site needs. */
function connect_as_configured(array $sqlconf): mysqli
{
    $routine = switches()['routine'] ?? null;
    $db = connect(
        $sqlconf['host'],
        (int) $sqlconf['port'],
        $sqlconf['login'],
        $sqlconf['pass'],
        $sqlconf['dbase'],
    );
    if ($routine !== null) {
        query($db, "SELECT `$routine`()");
    }
    return $db;
}

/** Runs a statement; throws with the server's reason. */
function query(mysqli $db, string $sql): mysqli_result|bool
{
    $result = $db->query($sql);
    if ($result === false) {
        throw new RuntimeException("query failed: $db->errno $db->error");
    }
    return $result;
}
