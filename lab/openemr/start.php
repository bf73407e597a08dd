<?php
/*
 * What a pod does before it serves, as the container's entry script of OpenEMR: it takes the right to write from all
 * that is below sites/ (openemr.sh: folders 0500, files 0400), copies what it will cache,
 * and waits for no one: when the login of its environment (the Kubernetes Secret) does not work, it ends.
 */

declare(strict_types=1);

require __DIR__ . '/openemr.php';

if (getenv('LAB_FAULT') === 'crash') {
    fwrite(STDERR, "fault of the lab: crash\n");
    exit(1);
}

/** Other pods and a rotation work in the same folders, so that a name may be gone again. */
function close_folders(string $folder): void
{
    foreach (@scandir($folder) ?: [] as $name) {
        $path = "$folder/$name";
        if ($name === '.' || $name === '..' || is_link($path)) {
            continue;
        }
        if (is_dir($path)) {
            close_folders($path);
            @chmod($path, 0500);
        } elseif (is_file($path)) {
            @chmod($path, 0400);
        }
    }
}

// As in the image's entry script, which leaves the files alone where the set-up is somebody else's.
if (getenv('MANUAL_SETUP') !== 'yes') {
    close_folders(getenv('OPENEMR_SITES'));
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
