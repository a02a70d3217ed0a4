#!/usr/bin/env bash
# Compiles the C sources beside this to WebAssembly, each into a TypeScript file that holds the binary.
# Needs clang and lld (Debian: apt-get install clang lld).
set -euo pipefail
cd "$(dirname "$0")"
wasm=$(mktemp)
trap 'rm -f "$wasm"' EXIT

# build FOLDER NAME [FLAG…]: FOLDER/NAME.c becomes FOLDER/NAME-binary.ts
build() {
  local source="$1/$2.c" constant="${2^^}"
  clang --target=wasm32 -nostdlib -O3 -fno-builtin -fvisibility=hidden "${@:3}" -Wall -Wextra \
    -Wl,--no-entry -Wl,--import-memory -Wl,--export-dynamic -Wl,--export=__heap_base -Wl,-z,stack-size=4096 \
    -Wl,--strip-all -o "$wasm" "$source"
  cat >"$1/$2-binary.ts" <<END
/** SHA-256 of the $2.c that the binary was compiled from; a test holds the two together. */
export const ${constant}_SOURCE_SHA256 = "$(sha256sum "$source" | cut -d ' ' -f 1)";

/** $2.c as WebAssembly, in base64. Written by simulator/build-wasm.sh. */
export const ${constant}_BASE64 =
  "$(base64 -w 0 "$wasm")";
END
}

build functional/wasm kernel -ffp-contract=off -msimd128
build detailed/mesh/wasm mesh
