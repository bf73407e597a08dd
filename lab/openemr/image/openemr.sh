#!/bin/sh
# The container's first process, as openemr.sh is that of OpenEMR's image: takes the right to write from all that is below
# sites/, waits for no one, then serves. What is wrong with the pod on purpose stands in a file of the lab.
set -e
LAB_FAULT=$(cat "$LAB_TOLD/$LAB_POD" 2>/dev/null || echo none)
LAB_SQLCONF_COPY=/run/openemr-sqlconf.php
export LAB_FAULT LAB_SQLCONF_COPY
pages=/var/www/localhost/htdocs/openemr
php8.2 -d display_errors=stderr "$pages/start.php"
# Root's workers, as every client of an EFS access point of user 0 acts as root.
php-fpm8.2 --allow-to-run-as-root --nodaemonize --fpm-config /etc/openemr/fpm.conf &
exec apache2 -D FOREGROUND -f /etc/openemr/apache.conf
