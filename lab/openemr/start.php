<?php
/*
 * What a pod does before it serves, as the container's entry script of OpenEMR: it copies what it will cache,
 * and waits for no one: when the login of its environment (the Kubernetes Secret) does not work, it ends.
 */

declare(strict_types=1);

require __DIR__ . '/openemr.php';

if (getenv('LAB_FAULT') === 'crash') {
    fwrite(STDERR, "fault of the lab: crash\n");
    exit(1);
}

copy(site_folder() . '/sqlconf.php', getenv('LAB_SQLCONF_COPY'));
chmod(getenv('LAB_SQLCONF_COPY'), 0600);

try {
    connect(
        getenv('MYSQL_HOST'),
        (int) getenv('MYSQL_PORT'),
        getenv('MYSQL_USER'),
        getenv('MYSQL_PASS'),
        getenv('MYSQL_DATABASE'),
    )->close();
} catch (RuntimeException $reason) {
    fwrite(STDERR, 'MYSQL_* of the environment: ' . $reason->getMessage() . "\n");
    exit(1);
}
