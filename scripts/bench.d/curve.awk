# From lines "ROWS SECONDS MEGABYTES": a picture of time and memory against rows, both axes logarithmic, so that a
# straight line at 45 degrees is linear time.
function log10(x) { return log(x) / log(10) }
function x_of(rows) { return 70 + 500 * (log10(rows) - low) / (high - low) }
function y_of(value, least, most) { return 330 - 290 * (log10(value) - least) / (most - least) }
{ rows[NR] = $1; seconds[NR] = $2; memory[NR] = $3 }
END {
    low = int(log10(rows[1])); high = int(log10(rows[NR]) + 0.999); if (high == low) high++
    least = int(log10(seconds[1]) - 0.999); most = int(log10(seconds[NR] > memory[NR] ? seconds[NR] : memory[NR]) + 0.999)
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"400\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<title>Time and memory of a run against the number of rows</title><rect width=\"640\" height=\"400\" fill=\"white\"/>"
    for (d = low; d <= high; d++)
        printf "<line x1=\"%d\" y1=\"40\" x2=\"%d\" y2=\"330\" stroke=\"#ddd\"/><text x=\"%d\" y=\"350\" text-anchor=\"middle\">%d</text>\n", x_of(10 ^ d), x_of(10 ^ d), x_of(10 ^ d), 10 ^ d
    for (d = least; d <= most; d++)
        printf "<line x1=\"70\" y1=\"%d\" x2=\"570\" y2=\"%d\" stroke=\"#ddd\"/><text x=\"62\" y=\"%d\" text-anchor=\"end\">%g</text>\n", y_of(10 ^ d, least, most), y_of(10 ^ d, least, most), y_of(10 ^ d, least, most) + 4, 10 ^ d
    for (i = 1; i <= NR; i++) {
        time = time sprintf("%d,%d ", x_of(rows[i]), y_of(seconds[i], least, most))
        size = size sprintf("%d,%d ", x_of(rows[i]), y_of(memory[i], least, most))
        printf "<circle cx=\"%d\" cy=\"%d\" r=\"3\" fill=\"#0645ad\"/><text x=\"%d\" y=\"%d\">%.1f s</text>\n", x_of(rows[i]), y_of(seconds[i], least, most), x_of(rows[i]) + 6, y_of(seconds[i], least, most) + 14, seconds[i]
    }
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"#0645ad\" stroke-width=\"2\"/>\n", time
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"#a33\" stroke-width=\"2\" stroke-dasharray=\"5 3\"/>\n", size
    print "<text x=\"320\" y=\"380\" text-anchor=\"middle\">rows</text><text x=\"90\" y=\"25\" fill=\"#0645ad\">seconds</text>"
    print "<text x=\"170\" y=\"25\" fill=\"#a33\">client memory, MB (dashed)</text></svg>"
}
