#!/bin/sh
# The machine of the node: namespaces of its own, with nothing running in them yet, and a control group
# by the name that is given. It says its process id on standard output, for `nsenter`, and is there for
# as long as somebody holds its standard input open: so it ends with whoever started it, however that
# one ends, and with it all that runs in it.
set -eu
group=$1

# The control groups: a hierarchy each (version 1), or one.
groups() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo "/sys/fs/cgroup/$group"
  else
    for hierarchy in /sys/fs/cgroup/*/; do echo "$hierarchy$group"; done
  fi
}

if [ "${2:-}" != inside ]; then
  groups | xargs mkdir -p
  unshare --mount --net --uts --ipc --pid --fork --kill-child sh "$0" "$group" inside || true
  # They outlive their processes.
  for made in $(groups); do find "$made" -depth -type d -exec rmdir '{}' +; done
  exit
fi

# The last look at the process ids of the machine.
read -r pid rest </proc/self/stat
mount --make-rprivate /
mount -t proc proc /proc
# All that the programs write is in memory, and goes with the namespace.
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var
ln -s /run /var/run
mkdir -p /run/netns /run/lock /var/lib /var/log /var/tmp
ln -s "$(dirname "$0")" /run/cluster
# The kubelet sets these, for the whole machine: here it writes to files.
for setting in vm/overcommit_memory kernel/panic kernel/panic_on_oops; do
  file=/run/$(basename $setting)
  cat /proc/sys/$setting >"$file"
  mount --bind "$file" /proc/sys/$setting
done

hostname node
ip link set lo up
# A bridge without a port holds the address of the node: not every kernel has dummy devices.
ip link add node type bridge
ip address add 198.51.100.1/24 dev node
ip link set node up
ip route add default via 198.51.100.254
echo 1 >/proc/sys/net/ipv4/ip_forward

echo "$pid"
cat >/dev/null
