#!/bin/sh
# product.sh [ROUNDS [NAME]] - the kernel of src/runtime/product.c against OpenBLAS, with THREADS
# threads or one.
#
# CC and CFLAGS are those to measure; BLAS_CFLAGS and BLAS_LIBS say where OpenBLAS is. Debian's does
# not know every machine: OPENBLAS_CORETYPE names the kernel (Zen, Haswell, SkylakeX), and without
# the right one the comparison is worth nothing. What it took is printed first.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=${WORK:-/tmp}/symgrad-bench-product
mkdir -p "$work"
: "${CC:=cc}" "${CFLAGS:=-O3 -march=native}" "${BLAS_CFLAGS=}" "${BLAS_LIBS:=-lopenblas}"
: "${THREADS:=1}"
[ "$THREADS" = 1 ] || CFLAGS="$CFLAGS -fopenmp"
OPENBLAS_NUM_THREADS=$THREADS
OMP_NUM_THREADS=$THREADS
OPENBLAS_VERBOSE=2
export OPENBLAS_NUM_THREADS OMP_NUM_THREADS OPENBLAS_VERBOSE

for real in double float; do
    letter=$(echo "$real" | sed 's/double/d/; s/float/s/')
    # shellcheck disable=SC2086
    $CC $CFLAGS $BLAS_CFLAGS -DREAL="$real" -DGEMM="cblas_${letter}gemm" \
        -DGEMV="cblas_${letter}gemv" -I"$here/src" "$here/bench/product.c" -o "$work/$real" \
        $BLAS_LIBS -lm
    echo "$real: $CC $CFLAGS"
    "$work/$real" "$@"
done
