#!/usr/bin/env bash
# Compiles the kernels with the emulator's stand-ins: firmware/build.sh <exact|software|accelerator> <folder>
# leaves <folder>/<gates>.elf and, beside it, its disassembly.
set -euo pipefail
cd "$(dirname "$0")"
gates=$1
out=$2
objects=$out/$gates
mkdir -p "$objects/kernels" "$objects/emulator"
flags=(-std=c11 -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -O2 -ffp-contract=off -fno-math-errno
  -ffreestanding -ffunction-sections -Wall -Wextra -Werror "-DGATES_${gates^^}")
compile() { arm-none-eabi-gcc "${flags[@]}" -c "$1" -o "$objects/${1%.c}.o"; }
jobs=()
for source in kernels/*.c emulator/*.c; do
  compile "$source" &
  jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job"; done
arm-none-eabi-gcc "${flags[@]}" -nostartfiles --specs=nosys.specs -Wl,-T,emulator/pe.ld -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
  "$objects"/kernels/*.o "$objects"/emulator/*.o -lm -o "$out/$gates.elf"
arm-none-eabi-objdump -d --no-show-raw-insn -j .kernels "$out/$gates.elf" >"$out/$gates.txt"
