#!/usr/bin/env bash
# Compiles kernel.c to WebAssembly and writes kernel-binary.ts. Needs clang and lld (Debian: apt-get install clang lld).
set -euo pipefail
cd "$(dirname "$0")"
wasm=$(mktemp)
trap 'rm -f "$wasm"' EXIT
clang --target=wasm32 -nostdlib -O3 -fno-builtin -ffp-contract=off -fvisibility=hidden -msimd128 -Wall -Wextra \
  -Wl,--no-entry -Wl,--import-memory -Wl,--export-dynamic -Wl,--export=__heap_base -Wl,-z,stack-size=4096 \
  -Wl,--strip-all -o "$wasm" kernel.c
cat >kernel-binary.ts <<END
/** SHA-256 of the kernel.c that the binary was compiled from; a test holds the two together. */
export const KERNEL_SOURCE_SHA256 = "$(sha256sum kernel.c | cut -d ' ' -f 1)";

/** kernel.c as WebAssembly, in base64. Written by build.sh. */
export const KERNEL_BASE64 =
  "$(base64 -w 0 "$wasm")";
END
