#!/bin/busybox sh
# The first process of the virtual machine. The tree of Debian and the checkout are folders of the host, read-only.
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /dev /new
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $(cat /modules/order); do
  insmod "/modules/$module.ko" || echo "init: $module cannot be loaded"
done
mount -t tmpfs tmpfs /new
cd /new || exit 1
mkdir -p tree package proc sys dev tmp run var/lib/nfs etc root srv
share() { mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro "$1" "$2"; }
share tree /new/tree && share package /new/package || echo 'init: the shared folders are not there'
for name in bin sbin lib lib64 usr; do ln -s "tree/$name" "$name"; done
cp tree/etc/netconfig etc/
echo 'root:x:0:0:root:/root:/bin/busybox' >etc/passwd
echo 'root:x:0:' >etc/group
echo 'tcp 6 TCP' >etc/protocols
echo 'nfs 2049/tcp' >etc/services
echo '127.0.0.1 localhost' >etc/hosts
mount --move /proc proc && mount --move /sys sys && mount --move /dev dev
# The program below ends the machine: so does its failure.
chroot /new /bin/busybox sh -c '
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
  /package/node_modules/node/bin/node /package/dist/test/nfs/guest/main.js
  echo "init: the program ended with $?"'
echo o >/new/proc/sysrq-trigger
sleep 60
