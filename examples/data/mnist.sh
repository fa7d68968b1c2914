#!/bin/sh
# mnist.sh IMAGES LABELS - MNIST's two files (idx3 and idx1, packed or not) as CSV: a header, then
# in each row the pixels and the label of one image.
[ $# = 2 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }

# numbers FILE HEAD WIDTH: the bytes behind the head, so many a line
numbers() {
    case $1 in
    *.gz) gzip -dc "$1" ;;
    *) cat "$1" ;;
    esac | od -An -v -tu1 -j"$2" -w"$3"
}

seq -s, -f 'p%g' 0 783 | sed 's/$/,label/'
{ numbers "$2" 8 1; numbers "$1" 16 784; } | awk '
    NF == 1 { label[labels++] = $1; next }
    { gsub(/ +/, ","); print substr($0, 2) "," label[image++] }'
