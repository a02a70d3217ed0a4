#!/usr/bin/env bash
# Installs what the tests of firmware/ need, where that is possible without asking anybody: as root, with apt. Elsewhere the tests
# say that they are skipped; in CI they fail instead.
set -euo pipefail
for tool in arm-none-eabi-gcc qemu-system-arm; do
  command -v "$tool" >/dev/null || missing=yes
done
# A file that the compiler does not find it prints by its bare name.
if [[ -z ${missing:-} && $(arm-none-eabi-gcc -print-file-name=nosys.specs) == nosys.specs ]]; then missing=yes; fi
if [[ -z ${missing:-} ]]; then exit 0; fi
if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then exit 0; fi
echo "installing gcc-arm-none-eabi and qemu-system-arm for the tests of firmware/ ..."
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update && apt-get install -y --no-install-recommends gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm; } >"$log" 2>&1; then
  tail -n 3 "$log" >&2
fi
rm -f "$log"
