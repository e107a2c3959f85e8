# From sorted lines "NAME SECONDS KILOBYTES CPU": the median of each way, and the ratio of each way of idmigrate to
# each peer.
function is_ours(name) { return name ~ /^(idmigrate|one-worker|two-processes|exclusive)(-moving)?$/ }
{
    if (!($1 in count)) order[++names] = $1
    count[$1]++
    seconds[$1, count[$1]] = $2
    if ($3 > memory[$1]) memory[$1] = $3
    if ($4 > cpu[$1]) cpu[$1] = $4
}
END {
    for (i = 1; i <= names; i++) { n = order[i]; median[n] = seconds[n, int((count[n] + 1) / 2)] }
    printf "%-22s %9s %10s %10s", "way", "seconds", "client MB", "client CPU"
    for (j = 1; j <= names; j++) if (!is_ours(order[j])) printf " %13s", "/" order[j]
    printf "\n"
    for (i = 1; i <= names; i++) {
        n = order[i]
        printf "%-22s %9.1f", n, median[n]
        if (memory[n] > 0) printf " %10.0f %10.1f", memory[n] / 1024, cpu[n]; else printf " %10s %10s", "", ""
        if (is_ours(n))
            for (j = 1; j <= names; j++) if (!is_ours(order[j])) printf " %13.2f", median[n] / median[order[j]]
        printf "\n"
    }
}
