#!/bin/sh
# Three steps, each a run of its own, that are connected by their files.
#
#    $ sh pipeline.sh
#    39
#    $ sacred lineage last
#    run 3 of file:runs: total, COMPLETED
#    made from:
#      run 2 of file:runs: squares, COMPLETED  by ...squares.txt
#        run 1 of file:runs: numbers, COMPLETED  by ...numbers.txt
#    reads:
#    ...
#
# Where strace is installed, --input and --output are not needed.
set -e
record() { name=$1; shift; sacred exec --quiet --no-trace --name "$name" "$@"; }

record numbers --output numbers.txt with n=3 -- \
    sh -c 'seq {n} > numbers.txt; echo 5 >> numbers.txt'
record squares --input numbers.txt --output squares.txt -- \
    awk '{print $1 * $1 > "squares.txt"}' numbers.txt
record total --input squares.txt -- \
    awk '{sum += $1} END {print sum}' squares.txt
