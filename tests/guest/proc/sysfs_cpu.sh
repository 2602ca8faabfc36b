#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# /sys/devices/system/cpu and node, as lscpu and numactl read them.
n=0
bad=0
check() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		echo "# $1: \"$2\", want \"$3\""
		echo "not ok $n - $1"
		bad=1
	fi
}
yes() {
	desc=$1
	shift
	if "$@"; then check "$desc" yes yes; else check "$desc" no yes; fi
}
is_number() {
	case $1 in
	'' | *[!0-9]*) return 1 ;;
	esac
}
cd /sys/devices/system || exit 1
cpus=$(grep -c '^processor' /proc/cpuinfo)
last=$((cpus - 1))
list=0
[ "$last" = 0 ] || list=0-$last

check online "$(cat cpu/online)" "$list"
yes possible test -s cpu/possible
yes present test -s cpu/present
yes kernel_max is_number "$(cat cpu/kernel_max)"
yes modalias grep -q '^cpu:type:x86,ven....fam....mod....:feature:,0000,' cpu/modalias
yes smt_active is_number "$(cat cpu/smt/active)"
yes smt_control grep -qE '^(on|off|forceoff|notsupported|notimplemented)$' cpu/smt/control

i=0
while [ $i -lt "$cpus" ]; do
	t=cpu/cpu$i/topology
	set -- $(awk -v i=$i '$1 == "processor" { p = $3 == i } p && /^physical id/ { print $4 }
			      p && /^core id/ { print $4 }' /proc/cpuinfo)
	check "cpu$i package" "$(cat $t/physical_package_id)" "$1"
	check "cpu$i core" "$(cat $t/core_id)" "$2"
	yes "cpu$i die" is_number "$(cat $t/die_id)"
	check "cpu$i core lists" "$(cat $t/core_cpus_list)" "$(cat $t/thread_siblings_list)"
	check "cpu$i package lists" "$(cat $t/package_cpus_list)" "$(cat $t/core_siblings_list)"
	check "cpu$i package masks" "$(cat $t/package_cpus)" "$(cat $t/core_siblings)"
	i=$((i + 1))
done
check 'every processor in one package' "$(cat cpu/cpu0/topology/package_cpus_list)" "$list"
mask=$(printf %x $(((1 << cpus) - 1)))
check 'as a mask' "$(cat cpu/cpu0/topology/package_cpus)" "$mask"

for d in cpu/cpu0/cache/index*; do
	size=$(cat $d/size)
	product=$(($(cat $d/ways_of_associativity) * $(cat $d/number_of_sets) *
		   $(cat $d/coherency_line_size) * $(cat $d/physical_line_partition) / 1024))
	check "${d##*/} size" "$size" "${product}K"
	yes "${d##*/} type" grep -qE '^(Data|Instruction|Unified)$' $d/type
	yes "${d##*/} level" grep -qE '^[1-4]$' $d/level
	yes "${d##*/} id" is_number "$(cat $d/id)"
	yes "${d##*/} shared" grep -q '^0' $d/shared_cpu_list
done

check 'nodes online' "$(cat node/online)" 0
check 'nodes with memory' "$(cat node/has_memory)" 0
check 'nodes with processors' "$(cat node/has_cpu)" 0
check "node's processors" "$(cat node/node0/cpulist)" "$list"
check 'as a mask' "$(cat node/node0/cpumap)" "$mask"
check distance "$(cat node/node0/distance)" 10
check 'memory of the node' "$(awk '/MemTotal/ { print $4 }' node/node0/meminfo)" \
	"$(awk '/MemTotal/ { print $2 }' /proc/meminfo)"
yes numastat grep -q '^numa_hit [1-9]' node/node0/numastat
check 'link to the node' "$(cd cpu/cpu0/node0 && cat distance)" 10
check 'link to the processor' "$(cd -P node/node0/cpu0 && pwd)" /sys/devices/system/cpu/cpu0
echo "1..$n"
exit $bad
