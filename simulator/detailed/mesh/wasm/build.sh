#!/usr/bin/env bash
# Compiles mesh.c to WebAssembly and writes mesh-binary.ts. Needs clang and lld (Debian: apt-get install clang lld).
set -euo pipefail
cd "$(dirname "$0")"
wasm=$(mktemp)
trap 'rm -f "$wasm"' EXIT
clang --target=wasm32 -nostdlib -O3 -fno-builtin -fvisibility=hidden -Wall -Wextra \
  -Wl,--no-entry -Wl,--import-memory -Wl,--export-dynamic -Wl,--export=__heap_base -Wl,-z,stack-size=4096 \
  -Wl,--strip-all -o "$wasm" mesh.c
cat >mesh-binary.ts <<END
/** SHA-256 of the mesh.c that the binary was compiled from; a test holds the two together. */
export const MESH_SOURCE_SHA256 = "$(sha256sum mesh.c | cut -d ' ' -f 1)";

/** mesh.c as WebAssembly, in base64. Written by build.sh. */
export const MESH_BASE64 =
  "$(base64 -w 0 "$wasm")";
END
